import type { Locator } from '@playwright/test';
import { delayRequests } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

test('people move between rooms without loading a page', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.send('kitchen', 'Who made coffee?');
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await ana.send('Good morning');

  await open(ana, 'kitchen');
  await ana.seesTexts(['Who made coffee?']);
  await ana.send('Not me');
  await expect(ana.page).toHaveURL(`${server.url}/r/kitchen`);
  await expect(ana.page).toHaveTitle('kitchen · Sala');

  await rui.send('lobby', 'Good morning, Ana');
  await rui.send('lobby', 'Sun is out');
  await expect(badge(ana, 'lobby')).toHaveText('2');
  await expect(ana.page).toHaveTitle('(2) kitchen · Sala');
  await expect(badge(ana, 'kitchen')).toHaveCount(0);

  await link(ana, 'lobby').click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await ana.seesTexts(['Good morning', 'Good morning, Ana', 'Sun is out']);
  await expect(badge(ana, 'lobby')).toHaveCount(0);
  await expect(ana.page).toHaveTitle('lobby · Sala');

  await ana.page.getByRole('button', { name: 'Leave lobby' }).click();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await expect(link(ana, 'lobby')).toHaveCount(0);
  await ana.seesTexts(['Who made coffee?', 'Not me']);
  await rui.send('lobby', 'Where did you go?');
  await rui.send('kitchen', 'There you are');
  await ana.seesTexts(['Who made coffee?', 'Not me', 'There you are']);
  await expect(ana.page.locator('.unread')).toHaveCount(0);
  expect(await ana.page.evaluate(() => 'sameDocument' in window), 'no page was loaded').toBe(true);
});

test('each room keeps its draft', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.field.fill('a draft');
  await open(ana, 'kitchen');
  await expect(ana.field).toHaveValue('');
  await ana.field.fill('milk');
  await link(ana, 'lobby').click();
  await expect(ana.field).toHaveValue('a draft');
  await link(ana, 'kitchen').click();
  await expect(ana.field).toHaveValue('milk');
});

test('drafts survive a reload until they are sent', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.field.fill('a draft');
  await open(ana, 'kitchen');
  await ana.field.fill('milk');
  await ana.page.reload();
  await ana.hasJoined('kitchen');
  await expect(ana.field).toHaveValue('milk');
  await ana.field.press('Enter');
  await ana.seesSent('milk');
  await ana.goToRoom('lobby');
  await expect(ana.field).toHaveValue('a draft');
  await ana.field.fill('');
  await link(ana, 'kitchen').click();
  await expect(ana.field).toHaveValue('');
  await ana.goToRoom('lobby');
  await ana.hasJoined('lobby');
  await expect(ana.field).toHaveValue('');
});

test('a join above MAX_ROOMS shows a notice, and a loaded room is joined first', async ({ startServer, newPerson }) => {
  const server = await startServer({ MAX_ROOMS: '2' });
  const ana = await (await newPerson('Ana', server)).signIn('attic');
  await open(ana, 'kitchen');
  await ana.openRoom('zoo');
  await expect(ana.notices).toContainText('You are in as many rooms');
  await expect(ana.page.getByText('Loading…')).toHaveCount(0);
  const refused = ana.refusals;
  await ana.notices.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => ana.refusals).toBe(refused + 1);
  await link(ana, 'attic').click();
  await expect(ana.notices, 'the notice belongs to the other room').toHaveText('');

  await ana.goToRoom('zoo');
  await ana.hasJoined('zoo');
  await link(ana, 'kitchen').click();
  await expect(ana.notices).toContainText('You are in as many rooms');
  await ana.page.getByRole('button', { name: 'Leave attic' }).click();
  await ana.hasJoined('kitchen');
  await expect(ana.notices).toHaveText('');
});

test.describe('a refused form', () => {
  test.use({ allowedErrors: /status of 422/ });

  test('the response to a form is hydrated as the room', async ({ server, newPerson }) => {
    // Playwright's routes do not apply to requests of a service worker.
    const ana = await (await newPerson('Ana', server, { serviceWorkers: 'block' })).createSession();
    const release = await delayRequests(ana.page, '**/*.wasm');
    await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'domcontentloaded' });
    const text = 'x'.repeat(4_001);
    await ana.send(text);
    await expect(ana.page).toHaveURL(`${server.url}/api/send_message`);
    release();
    await ana.hasJoined('lobby');
    await expect(ana.page).toHaveURL(`${server.url}/r/lobby`);
    await ana.page.reload();
    await ana.hasJoined('lobby');
    await expect(ana.field, 'the typed text stays').toHaveValue(text);
  });
});

test('back and forward change the room', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('in the lobby');
  await open(ana, 'kitchen');
  await ana.send('in the kitchen');
  await ana.seesSent('in the kitchen');
  await ana.page.goBack();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await ana.seesTexts(['in the lobby']);
  await ana.page.goForward();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await ana.seesTexts(['in the kitchen']);
  await ana.send('still here');
  await ana.seesTexts(['in the kitchen', 'still here']);
  await ana.page.reload();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('kitchen');
  await ana.seesTexts(['in the kitchen', 'still here']);
});

test('a link to a room opens it after the sign-in', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  await ana.page.goto(`${server.url}/r/caf%C3%A9%20%2F%20bar`);
  await expect(ana.page.locator('#room')).toHaveValue('café / bar');
  await ana.page.locator('#name').fill('Ana');
  await ana.page.locator('.signin').click();
  await ana.hasJoined('café / bar');
  await ana.page.goto(`${server.url}/r/kitchen`);
  await ana.hasJoined('kitchen');
});

test('open rooms are joined again on the next visit', async ({ server, newPerson, bot }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await open(ana, 'kitchen');
  await ana.page.reload();
  await expect.poll(() => ana.joinCount('lobby')).toBe(1);
  await expect(link(ana, 'lobby')).toBeVisible();
  await (await bot('Rui', server)).send('lobby', 'psst');
  await expect(badge(ana, 'lobby')).toHaveText('1');
});

test('room names are normalized', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).send('Caf\u00e9', 'here');
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.openRoom('Cafe\u0301');
  await ana.hasJoined('Caf\u00e9');
  await ana.seesTexts(['here']);
});

async function open(person: Person, room: string): Promise<void> {
  await person.openRoom(room);
  await person.hasJoined(room);
}

function link(person: Person, room: string): Locator {
  return person.page.locator('.room-link').filter({ hasText: room }).getByRole('link');
}

function badge(person: Person, room: string): Locator {
  return link(person, room).locator('.unread [aria-hidden]');
}
