import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from './support/test';

/** In the place of the 60 minutes after which Cloud Run cuts a request, in seconds. */
const CAP = 20;
const TALK = 120_000;

test('sockets that are cut every 20 seconds change before that, and nobody notices', async ({
  redis,
  start,
  gateway,
  invite,
}) => {
  test.setTimeout(TALK + 60_000);
  const settings = { REDIS_URL: redis.url, REQUEST_TIMEOUT: String(CAP) };
  const [one, another] = [await gateway(await start(settings)), await gateway(await start(settings))];
  for (const place of [one, another]) place.cutAtAge(CAP * 1_000);
  const ana = await (await invite('Ana', one)).signIn('lobby');
  const rui = await (await invite('Rui', another)).signIn('lobby');
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  const records = [];
  for (const person of [ana, rui]) {
    for (const place of ['.banner', '.news', '.people']) records.push({ place, said: await person.record(place) });
  }

  const written: string[] = [];
  for (const end = Date.now() + TALK; Date.now() < end; await pause(500)) {
    const [speaker, listener] = written.length % 2 ? [ana, rui] : [rui, ana];
    written.push(`${speaker.name} says number ${written.length}`);
    await speaker.say(written.at(-1)!);
    await expect(listener.texts.last()).toHaveText(written.at(-1)!);
  }

  for (const { place, said } of records) expect(await said.jsonValue(), `what ${place} said`).toEqual([]);
  for (const person of [ana, rui]) {
    await person.reads(written);
    expect(person.joins('lobby'), 'sockets that were used').toBeGreaterThanOrEqual(TALK / 1_000 / CAP);
  }
  await rui.page.reload();
  await rui.reads(written.slice(-50));
});
