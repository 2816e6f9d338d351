import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test('signing out leads to the sign-in page, and the room asks to sign in again', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await ana.say('Bye!');
  await ana.hasSettled('Bye!');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page).toHaveURL(`${server.url}/`);
  await expect(ana.page.locator('#name')).toHaveValue('');

  await ana.goTo('lobby');
  await expect(ana.page.locator('#chatroom')).toHaveCount(0);
  await expect(ana.page.locator('#room')).toHaveValue('lobby');
  await expect(ana.page.getByText('Bye!')).toHaveCount(0);
  await rui.reads(['Bye!']);

  await ana.page.locator('#name').fill('Ana');
  await ana.page.locator('.signin').click();
  await ana.isIn('lobby');
  await ana.reads(['Bye!']);
});

test('who signs in again under the same name is the same person', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.say('It is me');
  await ana.hasSettled('It is me');
  await ana.page.goto(server.url);
  await expect(ana.page.locator('#name')).toHaveValue('Ana');
  await ana.fillIn('lobby');
  await expect(ana.message('It is me')).toHaveClass(/own/);
});

test('a session that is forged or of another server is none', async ({ server, start, invite }) => {
  const another = await start({ SESSION_KEY: 'another key, just as long as the first one' });
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.goto(`${another.url}/r/lobby`);
  await expect(ana.page.locator('#chatroom')).toHaveCount(0);
  await expect(ana.page.locator('.signin')).toBeVisible();
});

test('signing out leaves nothing behind in the browser', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => {
    localStorage.setItem('sala.room.u_another.kitchen', 'kitchen');
    localStorage.setItem('another page', 'of the same host');
  });
  await ana.field.fill('half a thou');
  expect(await kept(ana)).toHaveLength(4);
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page.locator('#name')).toBeVisible();
  expect(await kept(ana)).toEqual(['another page', 'sala.room.u_another.kitchen']);
});

test.describe('with unsent messages', () => {
  test.use({ forgives: new RegExp(`${CONNECTION_LOST.source}|a dialog: .* not sent yet`) });

  test('signing out asks before it throws them away', async ({ server, gateway, invite }) => {
    const network = await gateway(server);
    const ana = await (await invite('Ana', network)).signIn('lobby');
    network.cut();
    await ana.say('not for everybody');
    await expect(ana.page.locator('.pending')).toHaveCount(1);
    const signOut = ana.page.getByRole('button', { name: 'Sign out' });
    await signOut.click();
    await ana.page.reload();
    await ana.reads(['not for everybody']);

    ana.agreesTo = /not sent yet/;
    // The browser has taken over when it shows what was kept.
    await expect(ana.page.locator('.pending')).toHaveCount(1);
    await signOut.click();
    await expect(ana.page.locator('#name')).toBeVisible();
    expect(await kept(ana)).toEqual([]);
  });
});

/** The names of all that the browser keeps. */
async function kept({ page }: Person): Promise<string[]> {
  return page.evaluate(() => [localStorage, sessionStorage].flatMap((store) => Object.keys(store)).sort());
}
