import { numbered } from './support/bot';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: CONNECTION_LOST });
test.setTimeout(60_000);
const RECONNECT_TIMEOUT = { timeout: 25_000 };

test('120 missed messages arrive once and in order after a reconnection', async ({
  server,
  startProxy,
  newPerson,
  bot,
}) => {
  const network = await startProxy(server);
  const ana = await (await newPerson('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);
  await rui.send('lobby', 'before');
  await ana.seesTexts(['before']);

  network.cut();
  const missed = numbered('missed', 120);
  await rui.sendAll('lobby', missed);
  await ana.seesTexts(['before']);
  network.restore();
  await ana.seesTexts(['before', ...missed], RECONNECT_TIMEOUT);
  await rui.send('lobby', 'after');
  await ana.seesTexts(['before', ...missed, 'after']);
  expect(ana.joinCount('lobby')).toBe(2);
});

test('missed messages and pending messages are both delivered after a reconnection', async ({
  redis,
  startServer,
  startProxy,
  newPerson,
  bot,
}) => {
  const server = await startServer({ REDIS_URL: redis.url });
  const network = await startProxy(server);
  const ana = await (await newPerson('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);

  network.cut();
  const [missed, written] = [numbered('missed', 60), numbered('written', 5)];
  await rui.sendAll('lobby', missed);
  for (const text of written) await ana.send(text);
  await ana.seesTexts(written);
  await expect(ana.page.locator('.pending')).toHaveCount(5);
  network.restore();
  await ana.seesTexts([...missed, ...written], RECONNECT_TIMEOUT);
  await expect(ana.page.locator('.pending')).toHaveCount(0);
});

test('pending messages survive a reload', async ({ server, startProxy, newPerson }) => {
  const network = await startProxy(server);
  const ana = await (await newPerson('Ana', network)).signIn('lobby');
  network.cut();
  const written = numbered('unsent', 3);
  for (const text of written) await ana.send(text);
  await expect(ana.page.locator('.pending')).toHaveCount(3);

  await ana.page.reload();
  await ana.seesTexts(written);
  await expect(ana.page.locator('.pending')).toHaveCount(3);
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await rui.seesTexts([]);

  network.restore();
  await rui.seesTexts(written, RECONNECT_TIMEOUT);
  await expect(ana.page.locator('.pending')).toHaveCount(0);
  await ana.page.reload();
  await ana.seesTexts(written);
  await rui.seesTexts(written);
});

test('pending messages are sent on the next visit', async ({ server, startProxy, newPerson }) => {
  const network = await startProxy(server);
  const ana = await (await newPerson('Ana', network)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  network.cut();
  await ana.send('see you later');
  await expect(ana.page.locator('.pending')).toHaveCount(1);
  await ana.page.close();

  network.restore();
  const page = await ana.page.context().newPage();
  await page.goto(`${network.url}/r/lobby`);
  await rui.seesTexts(['see you later'], RECONNECT_TIMEOUT);
  await expect(page.locator('#messages .message-text')).toHaveText(['see you later']);
  await expect(page.locator('.pending')).toHaveCount(0);
});
