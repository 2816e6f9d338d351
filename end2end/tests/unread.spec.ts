import { expect, test } from './support/test';

test('a separator marks the first unread message until the next visit of the room', async ({
  server,
  newPerson,
  bot,
}) => {
  const rui = await bot('Rui', server);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await rui.send('lobby', 'read at once');
  await expect(ana.message('read at once')).toBeVisible();
  const separator = ana.page.locator('#messages [data-new]');
  await expect(separator).toHaveCount(0);

  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await rui.sendAll('lobby', ['first', 'second']);
  const lobby = ana.page.locator('.room-link').filter({ hasText: 'lobby' }).getByRole('link');
  await expect(lobby.locator('.unread [aria-hidden]')).toHaveText('2');
  await lobby.click();
  await expect(separator).toHaveText(/first/);
  await expect(separator).toHaveAttribute('data-new', 'New messages');
  await rui.send('lobby', 'third');
  await expect(ana.message('third')).toBeVisible();
  await ana.send('an answer');
  await ana.seesSent('an answer');
  await expect(separator, 'the separator stays').toHaveText(/first/);

  await ana.page.locator('.room-link').filter({ hasText: 'kitchen' }).getByRole('link').click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await lobby.click();
  await expect(ana.message('an answer')).toBeVisible();
  await expect(separator, 'the separator is gone').toHaveCount(0);
});

test('messages that arrive while the page is hidden are unread', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('before');
  await ana.seesSent('before');
  await hide(true);
  await rui.send('lobby', 'meanwhile');
  await expect(ana.page).toHaveTitle('(1) lobby · Sala');
  await hide(false);
  await expect(ana.page).toHaveTitle('lobby · Sala');
  await expect(ana.page.locator('#messages [data-new]')).toHaveText(/meanwhile/);

  async function hide(hidden: boolean): Promise<void> {
    await ana.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, hidden);
  }
});
