import { setTimeout as pause } from 'node:timers/promises';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ forgives: CONNECTION_LOST });
test.setTimeout(60_000);
/** In milliseconds. */
const HEARTBEAT = 1_000;
const COMES_BACK = { timeout: 25_000 };

test('a tab that was frozen for longer than the heartbeat shows everything when it wakes', async ({
  start,
  invite,
  bot,
}) => {
  const server = await start({ HEARTBEAT_MS: String(HEARTBEAT) });
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await bot('Rui', server);
  await rui.say('lobby', 'before');
  await ana.reads(['before']);

  const browser = await ana.page.context().newCDPSession(ana.page);
  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  await rui.say('lobby', 'meanwhile');
  // Its browser goes on answering for it, so that nobody tells how long it has been.
  await pause(4 * HEARTBEAT);
  await rui.say('lobby', 'a moment ago');
  await browser.send('Page.setWebLifecycleState', { state: 'active' });
  await ana.reads(['before', 'meanwhile', 'a moment ago'], COMES_BACK);
  await ana.say('awake');
  await ana.hasSettled('awake');
});

test('a network that goes away and comes back is used at once', async ({ server, gateway, invite, bot }) => {
  const network = await gateway(server);
  const ana = await (await invite('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);
  await ana.page.context().setOffline(true);
  network.cut();
  await expect(ana.banner).toContainText('The connection is lost');
  await rui.say('lobby', 'meanwhile');
  await ana.say('written offline');
  network.mend();
  await ana.page.context().setOffline(false);
  await ana.reads(['meanwhile', 'written offline'], COMES_BACK);
  await expect(ana.banner).toHaveText('', COMES_BACK);
  await ana.hasSettled('written offline');
});
