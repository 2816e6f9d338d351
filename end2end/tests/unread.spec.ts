import { expect, test } from './support/test';

test('a line stays where one stopped reading, until one comes back again', async ({ server, invite, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await rui.say('lobby', 'while Ana reads');
  await expect(ana.message('while Ana reads')).toBeVisible();
  const line = ana.page.locator('#messages [data-new]');
  await expect(line).toHaveCount(0);

  await ana.open('kitchen');
  await ana.isIn('kitchen');
  await rui.sayAll('lobby', ['first', 'second']);
  const lobby = ana.page.locator('.room-link').filter({ hasText: 'lobby' }).getByRole('link');
  await expect(lobby.locator('.unread [aria-hidden]')).toHaveText('2');
  await lobby.click();
  await expect(line).toHaveText(/first/);
  await expect(line).toHaveAttribute('data-new', 'New messages');
  await rui.say('lobby', 'third');
  await expect(ana.message('third')).toBeVisible();
  await ana.say('an answer');
  await ana.hasSettled('an answer');
  await expect(line, 'it stays').toHaveText(/first/);

  await ana.page.locator('.room-link').filter({ hasText: 'kitchen' }).getByRole('link').click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await lobby.click();
  await expect(ana.message('an answer')).toBeVisible();
  await expect(line, 'nothing is new').toHaveCount(0);
});

test('what came while the page was hidden is new', async ({ server, invite, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.say('before');
  await ana.hasSettled('before');
  await hide(true);
  await rui.say('lobby', 'meanwhile');
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
