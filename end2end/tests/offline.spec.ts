import { numbered } from './support/bot';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ forgives: CONNECTION_LOST });
test.setTimeout(60_000);
const COMES_BACK = { timeout: 25_000 };

test('120 messages that were missed all arrive, in order and once', async ({ server, gateway, invite, bot }) => {
  const network = await gateway(server);
  const ana = await (await invite('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);
  await rui.say('lobby', 'before');
  await ana.reads(['before']);

  network.cut();
  const missed = numbered('missed', 120);
  await rui.sayAll('lobby', missed);
  await ana.reads(['before']);
  network.mend();
  await ana.reads(['before', ...missed], COMES_BACK);
  await rui.say('lobby', 'after');
  await ana.reads(['before', ...missed, 'after']);
  expect(ana.joins('lobby')).toBe(2);
});

test('what was missed and what waits to be sent come together', async ({ redis, start, gateway, invite, bot }) => {
  const server = await start({ REDIS_URL: redis.url });
  const network = await gateway(server);
  const ana = await (await invite('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);

  network.cut();
  const [missed, written] = [numbered('missed', 60), numbered('written', 5)];
  await rui.sayAll('lobby', missed);
  for (const text of written) await ana.say(text);
  await ana.reads(written);
  await expect(ana.page.locator('.pending')).toHaveCount(5);
  network.mend();
  await ana.reads([...missed, ...written], COMES_BACK);
  await expect(ana.page.locator('.pending')).toHaveCount(0);
});

test('messages that were not sent survive a reload', async ({ server, gateway, invite }) => {
  const network = await gateway(server);
  const ana = await (await invite('Ana', network)).signIn('lobby');
  network.cut();
  const written = numbered('unsent', 3);
  for (const text of written) await ana.say(text);
  await expect(ana.page.locator('.pending')).toHaveCount(3);

  await ana.page.reload();
  await ana.reads(written);
  await expect(ana.page.locator('.pending')).toHaveCount(3);
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await rui.reads([]);

  network.mend();
  await rui.reads(written, COMES_BACK);
  await expect(ana.page.locator('.pending')).toHaveCount(0);
  await ana.page.reload();
  await ana.reads(written);
  await rui.reads(written);
});

test('messages that were not sent wait for the next visit', async ({ server, gateway, invite }) => {
  const network = await gateway(server);
  const ana = await (await invite('Ana', network)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  network.cut();
  await ana.say('see you later');
  await expect(ana.page.locator('.pending')).toHaveCount(1);
  await ana.page.close();

  network.mend();
  const page = await ana.page.context().newPage();
  await page.goto(`${network.url}/r/lobby`);
  await rui.reads(['see you later'], COMES_BACK);
  await expect(page.locator('#messages .message-text')).toHaveText(['see you later']);
  await expect(page.locator('.pending')).toHaveCount(0);
});
