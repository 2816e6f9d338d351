import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from './support/test';

/** Request timeout in seconds, instead of Cloud Run's 60 minutes. */
const REQUEST_TIMEOUT_S = 10;
const CHAT_MS = 60_000;

test('clients move to a new socket before the request timeout, without a visible effect', async ({
  redis,
  startServer,
  startProxy,
  newPerson,
}) => {
  test.setTimeout(CHAT_MS + 60_000);
  const settings = { REDIS_URL: redis.url, REQUEST_TIMEOUT: String(REQUEST_TIMEOUT_S) };
  const [one, another] = [await startProxy(await startServer(settings)), await startProxy(await startServer(settings))];
  for (const proxy of [one, another]) proxy.limitLifetime(REQUEST_TIMEOUT_S * 1_000);
  const ana = await (await newPerson('Ana', one)).signIn('lobby');
  const rui = await (await newPerson('Rui', another)).signIn('lobby');
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  const records = [];
  for (const person of [ana, rui]) {
    for (const selector of ['.banner', '.news', '.people']) {
      records.push({ selector, texts: await person.recordTexts(selector) });
    }
  }

  const written: string[] = [];
  for (const end = Date.now() + CHAT_MS; Date.now() < end; await pause(500)) {
    const [speaker, listener] = written.length % 2 ? [ana, rui] : [rui, ana];
    written.push(`${speaker.name} says number ${written.length}`);
    await speaker.send(written.at(-1)!);
    await expect(listener.texts.last()).toHaveText(written.at(-1)!);
  }

  for (const { selector, texts } of records) expect(await texts.jsonValue(), `texts of ${selector}`).toEqual([]);
  for (const person of [ana, rui]) {
    await person.seesTexts(written);
    const sockets = person.joinCount('lobby');
    expect(sockets, 'number of used sockets').toBeGreaterThanOrEqual(CHAT_MS / 1_000 / REQUEST_TIMEOUT_S);
  }
  await rui.page.reload();
  await rui.seesTexts(written.slice(-50));
});
