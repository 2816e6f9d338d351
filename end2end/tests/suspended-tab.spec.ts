import { setTimeout as pause } from 'node:timers/promises';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: CONNECTION_LOST });
test.setTimeout(60_000);
/** In milliseconds. */
const HEARTBEAT = 1_000;
const RECONNECT_TIMEOUT = { timeout: 25_000 };

test('a tab that was suspended for longer than the heartbeat shows all messages when it resumes', async ({
  startServer,
  newPerson,
  bot,
}) => {
  const server = await startServer({ HEARTBEAT_MS: String(HEARTBEAT) });
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await bot('Rui', server);
  await rui.send('lobby', 'before');
  await ana.seesTexts(['before']);

  const browser = await ana.page.context().newCDPSession(ana.page);
  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  await rui.send('lobby', 'meanwhile');
  // The browser still answers WebSocket pings for the tab, so no event marks the end of the pause.
  await pause(4 * HEARTBEAT);
  await rui.send('lobby', 'a moment ago');
  await browser.send('Page.setWebLifecycleState', { state: 'active' });
  await ana.seesTexts(['before', 'meanwhile', 'a moment ago'], RECONNECT_TIMEOUT);
  await ana.send('awake');
  await ana.seesSent('awake');
});

test('the client reconnects at once when the network returns', async ({ server, startProxy, newPerson, bot }) => {
  const network = await startProxy(server);
  const ana = await (await newPerson('Ana', network)).signIn('lobby');
  const rui = await bot('Rui', server);
  await ana.page.context().setOffline(true);
  network.cut();
  await expect(ana.banner).toContainText('The connection is lost');
  await rui.send('lobby', 'meanwhile');
  await ana.send('written offline');
  network.restore();
  await ana.page.context().setOffline(false);
  await ana.seesTexts(['meanwhile', 'written offline'], RECONNECT_TIMEOUT);
  await expect(ana.banner).toHaveText('', RECONNECT_TIMEOUT);
  await ana.seesSent('written offline');
});
