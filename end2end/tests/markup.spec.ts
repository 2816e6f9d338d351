import { numbered } from './support/bot';
import { loadsOf } from './support/browser';
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

test('marks are drawn the same by the server and by the browser', async ({ server, invite, bot }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const loads = loadsOf(ana.page, PARSER);
  for (const text of ['nothing marked', 'Olá, tudo bem? (10 de nós)']) await ana.say(text);
  await ana.hasSettled('Olá, tudo bem? (10 de nós)');
  expect(loads, 'plain text needs no parser').toEqual([]);

  await (await bot('Rui', server)).sayAll('lobby', MARKED);
  await expect(ana.messages).toHaveCount(2 + MARKED.length);
  await expect(ana.texts.last().locator('p')).toHaveCount(1);
  expect(loads, 'it is loaded once').toHaveLength(1);
  const live = await drawn(ana);
  expect(live).toContain('<p dir="auto"><strong>bold</strong> <em>slanted</em> <del>gone</del> <code>code</code></p>');
  await ana.page.reload();
  await ana.isIn('lobby');
  expect(await drawn(ana)).toEqual(live);

  const link = ana.page.getByRole('link', { name: 'a page' });
  await expect(link).toHaveAttribute('href', 'https://b.example');
  await expect(link).toHaveAttribute('rel', 'noopener nofollow ugc');
  await expect(ana.page.locator('[href^="javascript:"], #messages img')).toHaveCount(0);
});

test('code is copied as it was written', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).say('lobby', CODE);
  const ana = await (await invite('Ana', server, { permissions: ['clipboard-read', 'clipboard-write'] })).signIn('lobby');
  await ana.messages.first().hover();
  await ana.page.getByRole('button', { name: 'Copy' }).click();
  await expect(ana.page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe('let a = 1;\n\n  *b*');
});

test('a few emoji are large', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).sayAll('lobby', ['🎉', '👩🏽‍❤️‍💋‍👨🏿 🇧🇷', '🎉🎉🎉🎉']);
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.say('👍🏽');
  await expect(ana.page.locator('.big')).toHaveText(['🎉', '👩🏽‍❤️‍💋‍👨🏿 🇧🇷', '👍🏽']);
});

test('bad input does no harm', async ({ server, invite, bot }) => {
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
  await (await bot('Rui', server)).sayAll('lobby', texts);
  const ana = await (await invite('Ana', server, { viewport: { width: 360, height: 740 } })).signIn('lobby');
  await expect(ana.messages).toHaveCount(texts.length);
  const before = await drawn(ana);
  await ana.say(DEEP);
  await expect(ana.messages).toHaveCount(texts.length + 1);
  await expect.poll(async () => (await drawn(ana)).at(-1)).toBe(before[0]);
  expect(await ana.page.evaluate(() => 'pwned' in window)).toBe(false);
  await expect(ana.texts.filter({ hasNotText: /\S/ }), 'something is shown of each').toHaveCount(0);
  expect(await ana.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await expect(ana.texts.nth(texts.length - 1), 'it begins at the right').toHaveCSS('direction', 'rtl');
  await ana.say('the room goes on');
  await ana.hasSettled('the room goes on');
});

test.describe('without the parser', () => {
  test.use({ forgives: /Failed to load resource|Failed to fetch|WebAssembly|net::ERR/ });

  test('a text is shown as it was written', async ({ server, invite, bot }) => {
    const ana = await (await invite('Ana', server, { serviceWorkers: 'block' })).signIn('lobby');
    await ana.page.route(PARSER, (route) => route.abort('internetdisconnected'));
    await (await bot('Rui', server)).sayAll('lobby', ['**bold**', ...numbered('and', 2)]);
    await ana.reads(['**bold**', 'and 1', 'and 2']);
    await ana.page.unroute(PARSER);
    await (await bot('Zoe', server)).say('lobby', '*slanted*');
    await ana.reads(['**bold**', 'and 1', 'and 2', 'slanted']);
  });
});

const PARSER = /\/pkg\/split_markup[^/]*\.wasm$/;

/** What is drawn of each text, without the marks that Leptos leaves, and what stands at another place on the server. */
async function drawn(person: Person): Promise<string[]> {
  return person.texts.evaluateAll((texts) => texts.map((text) => text.innerHTML.replace(/<!--.*?-->| type="button"/g, '')));
}
