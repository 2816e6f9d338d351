import { numbered } from './support/bot';
import { recordLoads } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

const DEEP = `${'> '.repeat(1_000)}deep down`;
const CODE = '```\nlet a = 1;\n\n  *b*\n```';
const MARKED = [
  '**bold** *slanted* ~~gone~~ `code`',
  'see https://a.example/b_c_d?e=1&f=2 and [a page](https://b.example)',
  '> said\n> twice\n\nanswered',
  '- one\n- two',
  CODE,
  'two\nlines',
  '[no](javascript:window.pwned=1) ![no](https://a.example/b.png)',
];

test('server and browser render the same Markdown', async ({ server, newPerson, bot }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const loads = recordLoads(ana.page, PARSER_CHUNK);
  for (const text of ['no markup', 'Olá, tudo bem? (10 de nós)']) await ana.send(text);
  await ana.seesSent('Olá, tudo bem? (10 de nós)');
  expect(loads, 'plain text loads no parser').toEqual([]);

  await (await bot('Rui', server)).sendAll('lobby', MARKED);
  await expect(ana.messages).toHaveCount(2 + MARKED.length);
  await expect(ana.texts.last().locator('p')).toHaveCount(1);
  expect(loads, 'the parser is loaded once').toHaveLength(1);
  const live = await renderedTexts(ana);
  expect(live).toContain('<p dir="auto"><strong>bold</strong> <em>slanted</em> <del>gone</del> <code>code</code></p>');
  await ana.page.reload();
  await ana.hasJoined('lobby');
  expect(await renderedTexts(ana)).toEqual(live);

  const link = ana.page.getByRole('link', { name: 'a page' });
  await expect(link).toHaveAttribute('href', 'https://b.example');
  await expect(link).toHaveAttribute('rel', 'noopener nofollow ugc');
  await expect(ana.page.locator('[href^="javascript:"], #messages img')).toHaveCount(0);
});

test('the copy button copies the source of a code block', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).send('lobby', CODE);
  const permissions = ['clipboard-read', 'clipboard-write'];
  const ana = await (await newPerson('Ana', server, { permissions })).signIn('lobby');
  await ana.messages.first().hover();
  await ana.page.getByRole('button', { name: 'Copy' }).click();
  await expect(ana.page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe('let a = 1;\n\n  *b*');
});

test('a message of up to three emoji is shown large', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ['🎉', '👩🏽‍❤️‍💋‍👨🏿 🇧🇷', '🎉🎉🎉🎉']);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('👍🏽');
  await expect(ana.page.locator('.big')).toHaveText(['🎉', '👩🏽‍❤️‍💋‍👨🏿 🇧🇷', '👍🏽']);
});

test('malformed and malicious input is rendered safely', async ({ server, newPerson, bot }) => {
  const texts = [
    DEEP,
    `${'- '.repeat(1_000)}deep down`,
    '*a '.repeat(1_333),
    '['.repeat(4_000),
    'x'.repeat(4_000),
    '@a '.repeat(1_333),
    '[12:30]: see you',
    '```let x = 1;\n```',
    '![](https://a.example/x.png)',
    '[](https://a.example)',
    '[ ](javascript:window.pwned=1)',
    '[]()',
    '#',
    `a${'\u0301'.repeat(300)}`,
    '\u202egpj.exe \u2066isolated',
    '<script>window.pwned=1</script>',
    'مرحبا بكم في الغرفة',
  ];
  await (await bot('Rui', server)).sendAll('lobby', texts);
  const ana = await (await newPerson('Ana', server, { viewport: { width: 360, height: 740 } })).signIn('lobby');
  await expect(ana.messages).toHaveCount(texts.length);
  const before = await renderedTexts(ana);
  await ana.send(DEEP);
  await expect(ana.messages).toHaveCount(texts.length + 1);
  await expect.poll(async () => (await renderedTexts(ana)).at(-1)).toBe(before[0]);
  expect(await ana.page.evaluate(() => 'pwned' in window)).toBe(false);
  await expect(ana.texts.filter({ hasNotText: /\S/ }), 'each message has visible text').toHaveCount(0);
  expect(await ana.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await expect(ana.texts.nth(texts.length - 1), 'direction of Arabic text').toHaveCSS('direction', 'rtl');
  await ana.send('the room goes on');
  await ana.seesSent('the room goes on');
});

test.describe('without the parser', () => {
  test.use({ allowedErrors: /Failed to load resource|Failed to fetch|WebAssembly|net::ERR/ });

  test('a message is shown as plain text', async ({ server, newPerson, bot }) => {
    const ana = await (await newPerson('Ana', server, { serviceWorkers: 'block' })).signIn('lobby');
    await ana.page.route(PARSER_CHUNK, (route) => route.abort('internetdisconnected'));
    await (await bot('Rui', server)).sendAll('lobby', ['**bold**', ...numbered('and', 2)]);
    await ana.seesTexts(['**bold**', 'and 1', 'and 2']);
    await ana.page.unroute(PARSER_CHUNK);
    await (await bot('Zoe', server)).send('lobby', '*slanted*');
    await ana.seesTexts(['**bold**', 'and 1', 'and 2', 'slanted']);
  });
});

const PARSER_CHUNK = /\/pkg\/split_markup[^/]*\.wasm$/;

/** The HTML of each text, without Leptos's comments and without the attribute whose position differs on the server. */
async function renderedTexts(person: Person): Promise<string[]> {
  return person.texts.evaluateAll((texts) =>
    texts.map((text) => text.innerHTML.replace(/<!--.*?-->| type="button"/g, '')),
  );
}
