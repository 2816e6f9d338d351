import type { Locator, Page } from '@playwright/test';
import { numbered } from './support/bot';
import { Person } from './support/person';
import type { Settings } from './support/server';
import { expect, test } from './support/test';

for (const backend of ['embedded', 'Redis'] as const) {
  test(`read markers are shared by all tabs and survive a reload: ${backend}`, async ({
    startServer,
    redis,
    newPerson,
  }) => {
    const settings: Settings = backend === 'Redis' ? { REDIS_URL: redis.url } : {};
    const server = await startServer(settings);
    // With Redis the second tab is on another instance.
    const another = backend === 'Redis' ? await startServer(settings) : server;
    const rui = await (await newPerson('Rui', server)).signIn('lobby');
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    await ana.openRoom('kitchen');
    await ana.hasJoined('kitchen');
    const tab = await secondTab(ana, another);
    await tab.goToRoom('lobby');
    await tab.openRoom('kitchen');
    await tab.hasJoined('kitchen');

    await rui.send('one');
    await rui.send('two');
    await expect(badge(ana.page, 'lobby')).toHaveText('2');
    await expect(badge(tab.page, 'lobby')).toHaveText('2');
    await expect(ana.page).toHaveTitle('(2) kitchen · Sala');

    await tab.page.reload();
    await expect(badge(tab.page, 'lobby'), 'the room stays unread after a reload').toHaveText('2');

    await room(tab.page, 'lobby').getByRole('link').click();
    await tab.seesTexts(['one', 'two']);
    await expect(badge(ana.page, 'lobby'), 'the other tab has read the room').toHaveCount(0);
    await expect(ana.page).toHaveTitle('kitchen · Sala');

    await ana.page.reload();
    await ana.hasJoined('kitchen');
    await expect(badge(ana.page, 'lobby')).toHaveCount(0);
    await room(tab.page, 'kitchen').getByRole('link').click();
    await expect(tab.page.locator('#chatroom h1')).toHaveText('kitchen');
    await rui.send('three');
    await expect(badge(ana.page, 'lobby')).toHaveText('1');
    expect(tab.consoleErrors).toEqual([]);
  });
}

test('new messages stay unread while the reader has scrolled up', async ({ startServer, newPerson, bot }) => {
  const server = await startServer({ SENDS_BURST: '500' });
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', numbered('message', 80));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();
  await ana.page.mouse.wheel(0, -1_000);
  await expect(ana.page.locator('.to-latest')).toBeVisible();
  await rui.send('lobby', 'news');
  await expect(badge(ana.page, 'lobby')).toHaveText('1');
  await expect(ana.page).toHaveTitle('(1) lobby · Sala');
  await ana.page.mouse.wheel(0, 5_000);
  await expect(badge(ana.page, 'lobby')).toHaveCount(0);
});

test('mentions are counted separately, and a muted room counts mentions only', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  const lobby = room(ana.page, 'lobby');
  const icon = ana.page.locator('link[rel=icon]');
  await expect(icon).toHaveAttribute('href', '/favicon.svg');

  await rui.send('lobby', 'hello');
  await expect(lobby.getByRole('link')).toHaveAccessibleName('lobby 1 new message');
  await expect(lobby.locator('.mention')).toHaveCount(0);
  await expect(icon).toHaveAttribute('href', '/favicon-unread.svg');
  await lobby.hover();
  await lobby.getByRole('button', { name: 'Mute lobby' }).click();
  await expect(lobby.locator('.unread')).toHaveCount(0);
  await expect(ana.page).toHaveTitle('kitchen · Sala');
  await expect(icon).toHaveAttribute('href', '/favicon.svg');

  await rui.send('lobby', 'are you there, @ana?');
  await expect(lobby.locator('.mention')).toHaveText(/1/);
  await expect(lobby.getByRole('link')).toHaveAccessibleName('lobby 1 new message, 1 mention');
  await expect(ana.page).toHaveTitle('(1) kitchen · Sala');

  await ana.page.reload();
  const mute = lobby.getByRole('button', { name: 'Mute lobby' });
  await expect(mute, 'the room stays muted').toHaveAttribute('aria-pressed', 'true');
  await expect(lobby.locator('.mention')).toHaveText(/1/);
  await lobby.hover();
  await mute.click();
  await expect(badge(ana.page, 'lobby')).toHaveText('2');
  await expect(lobby.getByRole('link')).toHaveAccessibleName('lobby 2 new messages, 1 mention');
});

test('rooms are sorted by their latest message, but not while the pointer is on the list', async ({
  server,
  newPerson,
  bot,
}) => {
  const rui = await bot('Rui', server);
  const ana = await (await newPerson('Ana', server)).signIn('attic');
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await ana.field.click();
  await rui.send('attic', 'up here');
  await expect(ana.page.locator('.room-link .room-name')).toHaveText(['attic', 'kitchen']);
  await rui.send('kitchen', 'down here');
  await expect(ana.page.locator('.room-link .room-name')).toHaveText(['kitchen', 'attic']);

  await room(ana.page, 'attic').hover();
  await rui.send('attic', 'still up here');
  await expect(badge(ana.page, 'attic')).toHaveText('2');
  await expect(ana.page.locator('.room-link .room-name')).toHaveText(['kitchen', 'attic']);
  await ana.field.hover();
  await rui.send('attic', 'and now');
  await expect(ana.page.locator('.room-link .room-name')).toHaveText(['attic', 'kitchen']);
});

/** Opens another tab of the same session. */
async function secondTab({ page, name }: Person, server: { url: string }): Promise<Person> {
  return new Person(await page.context().newPage(), name, server);
}

function room(page: Page, name: string): Locator {
  return page.locator('.room-link').filter({ hasText: name });
}

function badge(page: Page, name: string): Locator {
  return room(page, name).locator('.unread [aria-hidden]');
}
