import { numbered } from './support/bot';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: CONNECTION_LOST });
// Back-off grows while a server is down; docs/guarantees.md allows 25 s in the worst case.
test.setTimeout(60_000);
const RECONNECT_TIMEOUT = { timeout: 25_000 };

test('a killed and restarted server loses and duplicates nothing', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  const written = numbered('before', 3);
  for (const text of written) await ana.send(text);
  await rui.seesTexts(written);

  await ana.field.fill('a draft');
  await server.kill();
  await isDisconnected(ana);
  await expect(ana.field, 'the draft stays').toHaveValue('a draft');
  await ana.send('while it was down');
  await isPending(ana, 'while it was down');
  await rui.send('me too');
  await isPending(rui, 'me too');

  await server.restart();
  for (const person of [ana, rui]) {
    await isReconnected(person);
    await expect(person.messages).toHaveCount(5, RECONNECT_TIMEOUT);
    await expect(person.page.locator('.pending')).toHaveCount(0, RECONNECT_TIMEOUT);
    await person.seesSent('while it was down');
    await person.seesSent('me too');
  }
  await ana.seesSameAs(rui);
});

test('a server that is killed during a burst of messages loses none of them', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  const written = numbered('burst', 30);
  for (const text of written.slice(0, 15)) await ana.send(text);
  const killed = server.kill();
  for (const text of written.slice(15)) await ana.send(text);
  await killed;
  await expect(ana.texts).toHaveText(written);
  await server.restart();
  for (const person of [ana, rui]) {
    await person.seesTexts(written, RECONNECT_TIMEOUT);
    await expect(person.page.locator('.pending')).toHaveCount(0, RECONNECT_TIMEOUT);
  }
  await ana.seesSameAs(rui);
});

test('sessions and pending messages survive a restart with a generated session key', async ({
  startServer,
  newPerson,
}) => {
  const server = await startServer({ SESSION_KEY: '' });
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await server.kill();
  await isDisconnected(ana);
  await ana.send('while it was down');
  await server.restart();
  await rui.seesTexts(['while it was down'], RECONNECT_TIMEOUT);
  await ana.page.reload();
  await ana.hasJoined('lobby');
  await expect(ana.message('while it was down')).toHaveClass(/own/);
});

test('one of two instances is killed and restarted', async ({ redis, startServer, newPerson }) => {
  const [one, another] = [await startServer({ REDIS_URL: redis.url }), await startServer({ REDIS_URL: redis.url })];
  const ana = await (await newPerson('Ana', one)).signIn('lobby');
  const rui = await (await newPerson('Rui', another)).signIn('lobby');
  await ana.send('before');
  await rui.seesTexts(['before']);

  await one.kill();
  await isDisconnected(ana);
  await ana.send('while it was down');
  await isPending(ana, 'while it was down');
  await rui.send('on the other instance');
  await rui.seesSent('on the other instance');
  await expect(rui.banner).toHaveText('');

  await one.restart();
  const all = ['before', 'on the other instance', 'while it was down'];
  for (const person of [ana, rui]) await person.seesTexts(all, RECONNECT_TIMEOUT);
  await isReconnected(ana);
  await ana.seesSent('while it was down');
  await ana.seesSameAs(rui);
});

test('the client of a killed instance reconnects to another one', async ({
  redis,
  startServer,
  startProxy,
  newPerson,
}) => {
  const [one, another] = [await startServer({ REDIS_URL: redis.url }), await startServer({ REDIS_URL: redis.url })];
  const balancer = await startProxy(one);
  const ana = await (await newPerson('Ana', balancer)).signIn('lobby');
  const rui = await (await newPerson('Rui', another)).signIn('lobby');
  await ana.send('before');
  await rui.seesTexts(['before']);

  balancer.redirectTo(another);
  await one.kill();
  await ana.send('and after');
  for (const person of [ana, rui]) await person.seesTexts(['before', 'and after'], RECONNECT_TIMEOUT);
  await ana.seesSent('and after');
  await isReconnected(ana);
  await ana.seesSameAs(rui);
});

test('a deployment shows no banner and no presence changes', async ({ redis, startServer, startProxy, newPerson }) => {
  const [old, next] = [await startServer({ REDIS_URL: redis.url }), await startServer({ REDIS_URL: redis.url })];
  const balancer = await startProxy(old);
  const rui = await (await newPerson('Rui', next)).signIn('lobby');
  const ana = await (await newPerson('Ana', balancer)).signIn('lobby');
  await expect(rui.page.locator('.news')).toHaveText('Ana joined');
  const [banners, news] = [await ana.recordTexts('.banner'), await rui.recordTexts('.news')];
  balancer.redirectTo(next);
  await old.stop();
  await expect.poll(() => ana.joinCount('lobby'), RECONNECT_TIMEOUT).toBe(2);
  await ana.send('still here');
  await rui.seesTexts(['still here']);
  expect(await banners.jsonValue(), 'texts of the banner').toEqual([]);
  expect(await news.jsonValue(), 'presence notices on the page of Rui').toEqual([]);
});

async function isDisconnected(person: Person): Promise<void> {
  await expect(person.banner).toContainText('The connection is lost');
}

async function isReconnected(person: Person): Promise<void> {
  await expect(person.banner).toHaveText('', RECONNECT_TIMEOUT);
}

async function isPending(person: Person, text: string): Promise<void> {
  await expect(person.message(text)).toHaveClass(/pending/);
  await expect(person.message(text)).toContainText('Sending…');
}
