import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test('after sign-out the room shows the sign-in form', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await ana.send('Bye!');
  await ana.seesSent('Bye!');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page).toHaveURL(`${server.url}/`);
  await expect(ana.page.locator('#name')).toHaveValue('');

  await ana.goToRoom('lobby');
  await expect(ana.page.locator('#chatroom')).toHaveCount(0);
  await expect(ana.page.locator('#room')).toHaveValue('lobby');
  await expect(ana.page.getByText('Bye!')).toHaveCount(0);
  await rui.seesTexts(['Bye!']);

  await ana.page.locator('#name').fill('Ana');
  await ana.page.locator('.signin').click();
  await ana.hasJoined('lobby');
  await ana.seesTexts(['Bye!']);
});

test('signing in again under the same name keeps the identity', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('It is me');
  await ana.seesSent('It is me');
  await ana.page.goto(server.url);
  await expect(ana.page.locator('#name')).toHaveValue('Ana');
  await ana.submitSignIn('lobby');
  await expect(ana.message('It is me')).toHaveClass(/own/);
});

test('a session that was signed with another key is rejected', async ({ server, startServer, newPerson }) => {
  const another = await startServer({ SESSION_KEY: 'another key, just as long as the first one' });
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.goto(`${another.url}/r/lobby`);
  await expect(ana.page.locator('#chatroom')).toHaveCount(0);
  await expect(ana.page.locator('.signin')).toBeVisible();
});

test('sign-out clears the storage of the person', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => {
    localStorage.setItem('sala.room.u_another.kitchen', 'kitchen');
    localStorage.setItem('another page', 'of the same host');
  });
  await ana.field.fill('a draft');
  expect(await storageKeys(ana)).toHaveLength(4);
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page.locator('#name')).toBeVisible();
  expect(await storageKeys(ana)).toEqual(['another page', 'sala.room.u_another.kitchen']);
});

test.describe('with unsent messages', () => {
  test.use({ allowedErrors: new RegExp(`${CONNECTION_LOST.source}|dialog: .* not sent yet`) });

  test('sign-out asks before it discards them', async ({ server, startProxy, newPerson }) => {
    const network = await startProxy(server);
    const ana = await (await newPerson('Ana', network)).signIn('lobby');
    network.cut();
    await ana.send('not for everybody');
    await expect(ana.page.locator('.pending')).toHaveCount(1);
    const signOut = ana.page.getByRole('button', { name: 'Sign out' });
    await signOut.click();
    await ana.page.reload();
    await ana.seesTexts(['not for everybody']);

    ana.acceptedDialogs = /not sent yet/;
    // The page is hydrated when it shows the pending message.
    await expect(ana.page.locator('.pending')).toHaveCount(1);
    await signOut.click();
    await expect(ana.page.locator('#name')).toBeVisible();
    expect(await storageKeys(ana)).toEqual([]);
  });
});

/** All keys of local and session storage. */
async function storageKeys({ page }: Person): Promise<string[]> {
  return page.evaluate(() => [localStorage, sessionStorage].flatMap((store) => Object.keys(store)).sort());
}
