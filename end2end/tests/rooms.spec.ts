import type { Locator } from '@playwright/test';
import type { Person } from './support/person';
import { expect, test } from './support/test';

test('people move between rooms without loading a page', async ({ server, invite, bot }) => {
  const rui = await bot('Rui', server);
  await rui.say('kitchen', 'Who made coffee?');
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await ana.say('Good morning');

  await open(ana, 'kitchen');
  await ana.reads(['Who made coffee?']);
  await ana.say('Not me');
  await expect(ana.page).toHaveURL(`${server.url}/r/kitchen`);
  await expect(ana.page).toHaveTitle('kitchen · Sala');

  await rui.say('lobby', 'Good morning, Ana');
  await rui.say('lobby', 'Sun is out');
  await expect(badge(ana, 'lobby')).toHaveText('2');
  await expect(ana.page).toHaveTitle('(2) kitchen · Sala');
  await expect(badge(ana, 'kitchen')).toHaveCount(0);

  await link(ana, 'lobby').click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await ana.reads(['Good morning', 'Good morning, Ana', 'Sun is out']);
  await expect(badge(ana, 'lobby')).toHaveCount(0);
  await expect(ana.page).toHaveTitle('lobby · Sala');

  await ana.page.getByRole('button', { name: 'Leave lobby' }).click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await expect(link(ana, 'lobby')).toHaveCount(0);
  await ana.reads(['Who made coffee?', 'Not me']);
  await rui.say('lobby', 'Where did you go?');
  await rui.say('kitchen', 'There you are');
  await ana.reads(['Who made coffee?', 'Not me', 'There you are']);
  await expect(ana.page.locator('.unread')).toHaveCount(0);
  expect(await ana.page.evaluate(() => 'sameDocument' in window), 'no page was loaded').toBe(true);
});

test('what is half written waits in its room', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.field.fill('half a thou');
  await open(ana, 'kitchen');
  await expect(ana.field).toHaveValue('');
  await ana.field.fill('milk');
  await link(ana, 'lobby').click();
  await expect(ana.field).toHaveValue('half a thou');
  await link(ana, 'kitchen').click();
  await expect(ana.field).toHaveValue('milk');
});

test('back and forward lead through the rooms', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.say('in the lobby');
  await open(ana, 'kitchen');
  await ana.say('in the kitchen');
  await ana.hasSettled('in the kitchen');
  await ana.page.goBack();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await ana.reads(['in the lobby']);
  await ana.page.goForward();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await ana.reads(['in the kitchen']);
  await ana.say('still here');
  await ana.reads(['in the kitchen', 'still here']);
  await ana.page.reload();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await ana.reads(['in the kitchen', 'still here']);
});

test('a link to a room leads there, by way of signing in', async ({ server, invite }) => {
  const ana = await invite('Ana', server);
  await ana.page.goto(`${server.url}/r/caf%C3%A9%20%2F%20bar`);
  await expect(ana.page.locator('#room')).toHaveValue('café / bar');
  await ana.page.locator('#name').fill('Ana');
  await ana.page.locator('.signin').click();
  await ana.isIn('café / bar');
  await ana.page.goto(`${server.url}/r/kitchen`);
  await ana.isIn('kitchen');
});

test('the rooms that were open are open on the next visit', async ({ server, invite, bot }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await open(ana, 'kitchen');
  await ana.page.reload();
  await expect.poll(() => ana.joins('lobby')).toBe(1);
  await expect(link(ana, 'lobby')).toBeVisible();
  await (await bot('Rui', server)).say('lobby', 'psst');
  await expect(badge(ana, 'lobby')).toHaveText('1');
});

test('two ways to write a name are one room', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).say('Caf\u00e9', 'here');
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.getByLabel('Open another room').fill('Cafe\u0301');
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await ana.isIn('Caf\u00e9');
  await ana.reads(['here']);
});

async function open(person: Person, room: string): Promise<void> {
  await person.page.getByLabel('Open another room').fill(room);
  await person.page.getByRole('button', { name: 'Open', exact: true }).click();
  await person.isIn(room);
}

function link(person: Person, room: string): Locator {
  return person.page.locator('.room-link').filter({ hasText: room }).getByRole('link');
}

function badge(person: Person, room: string): Locator {
  return link(person, room).locator('.unread [aria-hidden]');
}
