import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';
import { TOO_LONG, storeUnsent } from './support/unsent';

test('a person signs in and sends messages by keyboard', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  const { keyboard } = ana.page;
  await ana.page.goto(server.url);
  await expect(ana.page.locator('#name')).toBeFocused();
  await keyboard.type('Ana');
  await keyboard.press('Tab');
  await keyboard.type('lobby');
  await keyboard.press('Enter');
  await ana.hasJoined('lobby');
  await expect(ana.field).toBeFocused();

  await keyboard.type('one line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('and another');
  await expect(ana.field).toHaveValue('one line\nand another');
  await keyboard.press('Enter');
  await expect(ana.messages).toHaveCount(1);
  await expect(ana.field).toHaveValue('');
  await expect(ana.field).toBeFocused();
  expect(await ana.texts.first().innerText(), 'the line break is shown').toBe('one line\nand another');

  await keyboard.press('Enter');
  await keyboard.type('second');
  await keyboard.press('Enter');
  await ana.seesSent('second');
  await expect(ana.messages, 'Enter in an empty field sends nothing').toHaveCount(2);
  await expect(ana.field).toBeFocused();
});

test('Enter that ends an IME composition sends nothing', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const input = await ana.page.context().newCDPSession(ana.page);
  await ana.field.focus();
  await input.send('Input.imeSetComposition', { text: 'こんにちは', selectionStart: 5, selectionEnd: 5 });
  await input.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await input.send('Input.insertText', { text: 'こんにちは' });
  await expect(ana.field).toHaveValue('こんにちは');
  await expect(ana.messages).toHaveCount(0);
  await ana.page.keyboard.press('Enter');
  await ana.seesSent('こんにちは');
});

test('Tab reaches the button for older messages', async ({ server, newPerson, bot }) => {
  const all = numbered('word', 260);
  await (await bot('Rui', server)).sendAll('lobby', all);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await expect(ana.messages).toHaveCount(50);
  await tabTo(ana, '.scroller');
  await ana.page.keyboard.press('Tab');
  // The focus scrolls the button into view, which loads older messages.
  await ana.seesTexts(all.slice(-150));
  const older = ana.page.getByRole('button', { name: 'Load older messages' });
  await expect(older, 'the focus stays on the button').toBeFocused();
  await ana.page.keyboard.press('Enter');
  await ana.seesTexts(all.slice(-250));
  await expect(older).toBeFocused();
});

test('rooms are opened and changed by Tab and Enter', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await tabTo(ana, '#another-room');
  await ana.page.keyboard.type('kitchen');
  await ana.page.keyboard.press('Enter');
  await ana.hasJoined('kitchen');
  await expect(ana.field).toBeFocused();
  await tabTo(ana, '#rooms a:has-text("lobby")');
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.press('Tab');
  await expect(ana.page.getByRole('button', { name: 'Emoji' })).toBeFocused();
  await ana.page.keyboard.press('Tab');
  await expect(ana.page.locator('.send')).toBeFocused();
});

test('the focus moves on when the focused element disappears', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', numbered('word', 60));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const press = async (name: string | RegExp) => {
    await ana.page.getByRole('button', { name }).focus();
    await ana.page.keyboard.press('Enter');
  };
  await storeUnsent(ana, TOO_LONG);
  await ana.hasJoined('lobby');
  await press('Retry');
  await expect(ana.page.getByRole('button', { name: 'Retry' }), 'the retry is refused at once').toBeFocused();
  await press('Discard');
  await expect(ana.page.locator('.message-failure')).toHaveCount(0);
  await expect(ana.field).toBeFocused();

  const scroller = ana.page.locator('.scroller');
  await press('Load older messages');
  await expect(ana.messages).toHaveCount(60);
  await expect(scroller, 'no older messages are left').toBeFocused();
  await press(/Latest messages/);
  await expect(ana.messages.last()).toBeInViewport();
  await expect(scroller).toBeFocused();

  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await press('Leave lobby');
  await expect(ana.page.locator('.room-link')).toHaveCount(1);
  await expect(ana.page.getByRole('link', { name: 'kitchen' })).toBeFocused();
});

/** Presses Tab until a matching element has the focus, which has to be in the viewport. */
async function tabTo({ page }: Person, selector: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus').and(page.locator(selector));
    if ((await focused.count()) > 0) {
      await expect(focused, 'the focused element is in the viewport').toBeInViewport();
      return;
    }
  }
  throw new Error(`Tab did not reach ${selector}`);
}
