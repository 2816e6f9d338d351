import { expect, test } from './support/test';

test('a line stays where one stopped reading, until one comes back again', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await rui.send('lobby', 'while Ana reads');
  await expect(ana.message('while Ana reads')).toBeVisible();
  const line = ana.page.locator('#messages [data-new]');
  await expect(line).toHaveCount(0);

  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await rui.sendAll('lobby', ['first', 'second']);
  const lobby = ana.page.locator('.room-link').filter({ hasText: 'lobby' }).getByRole('link');
  await expect(lobby.locator('.unread [aria-hidden]')).toHaveText('2');
  await lobby.click();
  await expect(line).toHaveText(/first/);
  await expect(line).toHaveAttribute('data-new', 'New messages');
  await rui.send('lobby', 'third');
  await expect(ana.message('third')).toBeVisible();
  await ana.send('an answer');
  await ana.seesSent('an answer');
  await expect(line, 'it stays').toHaveText(/first/);

  await ana.page.locator('.room-link').filter({ hasText: 'kitchen' }).getByRole('link').click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await lobby.click();
  await expect(ana.message('an answer')).toBeVisible();
  await expect(line, 'nothing is new').toHaveCount(0);
});

test('what came while the page was hidden is new', async ({ server, newPerson, bot }) => {
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
