import type { Person } from './support/person';
import { expect, test } from './support/test';

const TEXTS = [
  '<img src=x onerror="window.pwned=1">',
  '</script><script>window.pwned=1</script>',
  '<!--<script>',
  '--></ol></main><svg onload="window.pwned=1">',
  "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1}",
  '&lt;b&gt;bold&lt;/b&gt; &amp; <b>bold</b>',
  'javascript:window.pwned=1',
  '\u202egpj.exe \u2066isolated',
  '"quoted" \'quoted\' \\back \u2028 end',
  '</textarea><iframe src="javascript:window.pwned=1"></iframe>',
  'a\0b\r\nc',
  'one\rtwo\rthree',
];
const NAME = '</script><script>pwned=1//';
const ANOTHER_NAME = '<img src=x onerror=pwned=1>';
const ROOM = '</title></script><script>window.pwned=1</script>';

test('names and messages are rendered as text, never as HTML', async ({ server, newPerson, bot }) => {
  const rui = await bot(NAME, server);
  await rui.sendAll(ROOM, TEXTS);
  const ana = await newPerson(ANOTHER_NAME, server);
  await ana.signIn(ROOM);
  await showsAsText(ana, TEXTS);

  const eve = await newPerson(NAME, server);
  await eve.signIn(ROOM);
  await expect(ana.page.locator('.news')).toHaveText(`${NAME} joined`);
  await eve.field.pressSequentially('<b>');
  await expect(ana.page.locator('.typing')).toHaveText(`${NAME} is writing…`);
  for (const text of TEXTS) await eve.send(text);
  for (const person of [ana, eve]) await showsAsText(person, [...TEXTS, ...TEXTS]);
  await expect(ana.page.locator('.people-list .person')).toHaveText([NAME, ANOTHER_NAME]);
  await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);

  await ana.page.reload();
  await ana.hasJoined(ROOM);
  await showsAsText(ana, [...TEXTS, ...TEXTS]);
  expect(await ana.messages.first().locator('.author').textContent()).toBe(NAME);
});

/** The text after HTML parsing, which normalizes line breaks and replaces NUL. */
const asRendered = (text: string) => text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd');

test.describe('refused input', () => {
  test.use({ allowedErrors: /status of 422/ });

  test('a message without a visible character is refused', async ({ server, newPerson, bot }) => {
    const rui = await bot('Rui', server);
    expect(await rui.trySend('lobby', '\0')).toBe(422);
    await rui.send('lobby', '\0.');
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    await ana.send('\0');
    await ana.seesTexts(['\ufffd.']);
    await ana.page.reload();
    await ana.hasJoined('lobby');
    await ana.seesTexts(['\ufffd.']);
  });

  test('a refused message returns as text', async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server)).createSession();
    // The form is posted as without JavaScript, but injected scripts would run.
    await ana.page.route('**/pkg/*.{js,wasm}', () => {});
    await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'commit' });
    const text = `\n${TEXTS.join('\n')}${'x'.repeat(4_000)}`;
    const answer = ana.page.waitForResponse('**/api/send_message');
    await ana.send(text);
    expect((await answer).status()).toBe(422);
    await expect(ana.field).toHaveValue(asRendered(text));
    await hasNoInjectedHtml(ana);
  });

  test('a refused name and room return as text', async ({ server, newPerson }) => {
    const ana = await newPerson(`${ANOTHER_NAME}${TEXTS[1]}`, server);
    await ana.page.goto(server.url);
    await ana.page.locator('#name').evaluate((field) => field.removeAttribute('maxlength'));
    await ana.submitSignIn(`"><script>pwned=1</script>`);
    await expect(ana.page.getByRole('alert')).toContainText('32 characters');
    await expect(ana.page.locator('#name')).toHaveValue(ana.name);
    await expect(ana.page.locator('#room')).toHaveValue(`"><script>pwned=1</script>`);
    await hasNoInjectedHtml(ana);
  });
});

async function showsAsText(person: Person, texts: string[]): Promise<void> {
  await expect(person.texts).toHaveCount(texts.length);
  expect(await person.texts.evaluateAll((elements) => elements.map((element) => element.textContent))).toEqual(
    texts.map(asRendered),
  );
  expect(await person.page.locator('#chatroom h1').textContent()).toBe(ROOM);
  await expect(person.page).toHaveTitle(/<script>window\.pwned=1<\/script> · Sala$/);
  await hasNoInjectedHtml(person);
}

async function hasNoInjectedHtml({ page }: Person): Promise<void> {
  const injected = 'img:not([src^="/api/qr.svg"]), iframe, b, [onload], [onerror], script:not([nonce])';
  await expect(page.locator('body').locator(injected)).toHaveCount(0);
  expect(await page.evaluate(() => 'pwned' in window), 'an injected script ran').toBe(false);
}
