import type { Person } from './support/person';
import { numbered } from './support/bot';
import { expect, test } from './support/test';

const ALL = numbered('message', 450);

test('a link to a message opens the room at that message, even if it has to be loaded', async ({
  startServer,
  newPerson,
  bot,
}) => {
  const server = await startServer({ SENDS_BURST: '5000' });
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL);
  const ana = await (await newPerson('Ana', server)).createSession();
  for (const seq of [440, 30]) {
    await ana.page.goto(`${server.url}/r/lobby?at=${seq}`);
    await isFound(ana, seq);
    await expect(ana.page).toHaveURL(`${server.url}/r/lobby?at=${seq}`);
  }
  await expect(ana.messages.last()).not.toHaveText(/message 450/);
  await rui.send('lobby', 'news');
  await ana.page.getByRole('button', { name: '1 new message', exact: true }).click();
  await expect(ana.message('news')).toBeInViewport();
  await expect(ana.page.locator('.to-latest')).toBeHidden();
  await expect(ana.page, 'a reload does not return to the linked message').toHaveURL(`${server.url}/r/lobby`);
});

test('back and forward navigate between linked messages', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 120));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => Object.assign(window, { sameDocument: true }));
  for (const seq of [10, 90]) {
    await ana.page.evaluate((seq) => {
      history.pushState(null, '', `/r/lobby?at=${seq}`);
      dispatchEvent(new PopStateEvent('popstate'));
    }, seq);
    await isFound(ana, seq);
  }
  await ana.page.goBack();
  await isFound(ana, 10);
  await ana.page.goForward();
  await isFound(ana, 90);
  for (const _ of [90, 10]) await ana.page.goBack();
  await expect(ana.page).toHaveURL(`${server.url}/r/lobby`);
  await expect(ana.message('message 120'), 'the room is at its end again').toBeInViewport();
  expect(await ana.page.evaluate(() => 'sameDocument' in window), 'no page was loaded').toBe(true);
});

test('a link to a message that does not exist shows an error', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 60));
  const ana = await (await newPerson('Ana', server)).createSession();
  for (const [at, status] of [
    ['61', 'There is no such message here.'],
    ['0', 'There is no such message here.'],
    ['99999999999999999999', 'The link does not lead to a message.'],
    ['soon', 'The link does not lead to a message.'],
  ] as const) {
    await ana.page.goto(`${server.url}/r/lobby?at=${at}`);
    await expect(ana.page.locator('.status .news'), at).toHaveText(status);
    await expect(ana.message('message 60'), 'the room is at its end').toBeInViewport();
  }
});

test('a link to a trimmed message shows an error', async ({ redis, startServer, newPerson, bot }) => {
  const server = await startServer({ REDIS_URL: redis.url, HISTORY_LIMIT: '100' });
  await (await bot('Rui', server)).sendAll('lobby', numbered('long ago', 250));
  const ana = await (await newPerson('Ana', server)).createSession();
  await ana.page.goto(`${server.url}/r/lobby?at=1`);
  await expect(ana.page.locator('.status .news')).toHaveText('That message is no longer kept.');
});

/** The message is in the viewport, focused and highlighted. */
async function isFound(person: Person, seq: number): Promise<void> {
  const message = person.page.locator(`#messages [data-seq="${seq}"]`);
  await expect(message).toContainText(`message ${seq}`);
  await expect(message).toBeInViewport({ ratio: 1 });
  await expect(message).toBeFocused();
  await expect(message).toHaveClass(/found/);
  await expect(person.page.locator('#messages .found')).toHaveCount(1);
}
