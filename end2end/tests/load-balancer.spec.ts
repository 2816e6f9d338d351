import { numbered } from './support/bot';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ forgives: CONNECTION_LOST });
// docs/guarantees.md grants 25 s to come back in the worst case, and here somebody comes back four times.
test.setTimeout(120_000);
const COMES_BACK = { timeout: 25_000 };

test('behind HAProxy two instances are killed in turn amid messages', async ({ redis, start, haproxy, invite }) => {
  const instances = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  const balancer = await haproxy(instances);
  const ana = await (await invite('Ana', balancer)).signIn('lobby');
  let [hers, other] = (await balancer.sockets())[0] === 1 ? [0, 1] : [1, 0];
  const rui = await (await invite('Rui', balancer)).signIn('lobby');
  // Not more than a page, so that a page that is loaded anew has all of it.
  const written: string[] = [];

  for (const round of ['first', 'second', 'third', 'fourth']) {
    await expect.poll(() => balancer.sockets(), 'they are on different instances').toEqual([1, 1]);
    const banners = await rui.record('.banner');
    written.push(...(await sayInTurns([ana, rui], round, 3)));
    const killed = instances[hers]?.kill();
    written.push(...(await sayInTurns([ana, rui], `${round} after`, 3)));
    await killed;

    for (const person of [ana, rui]) await hasEachOnce(person, written);
    await expect(ana.banner).toHaveText('', COMES_BACK);
    expect(await banners.jsonValue(), 'what the banner of the other one said').toEqual([]);
    expect((await balancer.sockets())[other], 'both are on the instance that is left').toBe(2);

    await instances[hers]?.startAgain();
    await expect.poll(() => balancer.health(), COMES_BACK).toEqual(['UP', 'UP']);
    // This loads Rui's page anew, and his next socket goes to the instance that has none.
    await ana.agreesWith(rui);
    [hers, other] = [other, hers];
  }
});

/** They say so many each, without waiting for an answer. Returns what was said. */
async function sayInTurns(people: Person[], words: string, count: number): Promise<string[]> {
  const said: string[] = [];
  for (const text of numbered(words, count)) {
    for (const person of people) {
      said.push(`${text} of ${person.name}`);
      await person.say(`${text} of ${person.name}`);
    }
  }
  return said;
}

/** All of it is in the room, each once and each author's in the order of saying. */
async function hasEachOnce(person: Person, written: string[]): Promise<void> {
  await expect(person.page.locator('.pending')).toHaveCount(0, COMES_BACK);
  await expect(person.texts).toHaveCount(written.length, COMES_BACK);
  const read = await person.texts.allTextContents();
  for (const author of ['Ana', 'Rui']) {
    const ofAuthor = (texts: string[]) => texts.filter((text) => text.endsWith(` of ${author}`));
    expect(ofAuthor(read), `what ${person.name} reads of ${author}`).toEqual(ofAuthor(written));
  }
}
