import { numbered } from './support/bot';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ forgives: CONNECTION_LOST });
// Back-off grows while a server is away; docs/guarantees.md grants 25 s in the worst case.
test.setTimeout(60_000);
const COMES_BACK = { timeout: 25_000 };

test('a server that is killed and restarted loses nothing and repeats nothing', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  const written = numbered('before', 3);
  for (const text of written) await ana.say(text);
  await rui.reads(written);

  await ana.field.fill('half a thou');
  await server.kill();
  await isCutOff(ana);
  await expect(ana.field, 'what is half written stays').toHaveValue('half a thou');
  await ana.say('while it was away');
  await isWaiting(ana, 'while it was away');
  await rui.say('me too');
  await isWaiting(rui, 'me too');

  await server.startAgain();
  for (const person of [ana, rui]) {
    await isBack(person);
    await expect(person.messages).toHaveCount(5, COMES_BACK);
    await expect(person.page.locator('.pending')).toHaveCount(0, COMES_BACK);
    await person.hasSettled('while it was away');
    await person.hasSettled('me too');
  }
  await ana.agreesWith(rui);
});

test('a server that is killed amid a burst of messages loses none of them', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  const written = numbered('burst', 30);
  for (const text of written.slice(0, 15)) await ana.say(text);
  const killed = server.kill();
  for (const text of written.slice(15)) await ana.say(text);
  await killed;
  await expect(ana.texts).toHaveText(written);
  await server.startAgain();
  for (const person of [ana, rui]) {
    await person.reads(written, COMES_BACK);
    await expect(person.page.locator('.pending')).toHaveCount(0, COMES_BACK);
  }
  await ana.agreesWith(rui);
});

test('a restart signs nobody out, and what waits is sent', async ({ start, invite }) => {
  const server = await start({ SESSION_KEY: '' });
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await server.kill();
  await isCutOff(ana);
  await ana.say('while it was away');
  await server.startAgain();
  await rui.reads(['while it was away'], COMES_BACK);
  await ana.page.reload();
  await ana.isIn('lobby');
  await expect(ana.message('while it was away')).toHaveClass(/own/);
});

test('one of two instances is killed and restarted', async ({ redis, start, invite }) => {
  const [one, another] = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  const ana = await (await invite('Ana', one)).signIn('lobby');
  const rui = await (await invite('Rui', another)).signIn('lobby');
  await ana.say('before');
  await rui.reads(['before']);

  await one.kill();
  await isCutOff(ana);
  await ana.say('while it was away');
  await isWaiting(ana, 'while it was away');
  await rui.say('on the other instance');
  await rui.hasSettled('on the other instance');
  await expect(rui.banner).toHaveText('');

  await one.startAgain();
  const all = ['before', 'on the other instance', 'while it was away'];
  for (const person of [ana, rui]) await person.reads(all, COMES_BACK);
  await isBack(ana);
  await ana.hasSettled('while it was away');
  await ana.agreesWith(rui);
});

test('a client of a killed instance goes on at another one', async ({ redis, start, gateway, invite }) => {
  const [one, another] = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  const balancer = await gateway(one);
  const ana = await (await invite('Ana', balancer)).signIn('lobby');
  const rui = await (await invite('Rui', another)).signIn('lobby');
  await ana.say('before');
  await rui.reads(['before']);

  balancer.leadTo(another);
  await one.kill();
  await ana.say('and after');
  for (const person of [ana, rui]) await person.reads(['before', 'and after'], COMES_BACK);
  await ana.hasSettled('and after');
  await isBack(ana);
  await ana.agreesWith(rui);
});

test('a deployment goes unnoticed', async ({ redis, start, gateway, invite }) => {
  const [old, fresh] = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  const balancer = await gateway(old);
  const rui = await (await invite('Rui', fresh)).signIn('lobby');
  const ana = await (await invite('Ana', balancer)).signIn('lobby');
  await expect(rui.page.locator('.news')).toHaveText('Ana joined');
  const [banners, news] = [await ana.record('.banner'), await rui.record('.news')];
  balancer.leadTo(fresh);
  await old.stop();
  await expect.poll(() => ana.joins('lobby'), COMES_BACK).toBe(2);
  await ana.say('still here');
  await rui.reads(['still here']);
  expect(await banners.jsonValue(), 'what the banner said').toEqual([]);
  expect(await news.jsonValue(), 'what Rui was told about people').toEqual([]);
});

async function isCutOff(person: Person): Promise<void> {
  await expect(person.banner).toContainText('The connection is lost');
}

async function isBack(person: Person): Promise<void> {
  await expect(person.banner).toHaveText('', COMES_BACK);
}

async function isWaiting(person: Person, text: string): Promise<void> {
  await expect(person.message(text)).toHaveClass(/pending/);
  await expect(person.message(text)).toContainText('Sending…');
}
