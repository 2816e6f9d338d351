import { numbered } from './support/bot';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: CONNECTION_LOST });
// docs/guarantees.md grants 25 s to come back in the worst case, and here somebody comes back four times.
test.setTimeout(120_000);
const RECONNECT_TIMEOUT = { timeout: 25_000 };

test('behind HAProxy two instances are killed in turn amid messages', async ({
  redis,
  startServer,
  startHaproxy,
  newPerson,
}) => {
  const instances = [await startServer({ REDIS_URL: redis.url }), await startServer({ REDIS_URL: redis.url })];
  const balancer = await startHaproxy(instances);
  const ana = await (await newPerson('Ana', balancer)).signIn('lobby');
  let [own, other] = (await balancer.sockets())[0] === 1 ? [0, 1] : [1, 0];
  const rui = await (await newPerson('Rui', balancer)).signIn('lobby');
  // Not more than a page, so that a page that is loaded anew has all of it.
  const written: string[] = [];

  for (const round of ['first', 'second', 'third', 'fourth']) {
    await expect.poll(() => balancer.sockets(), 'they are on different instances').toEqual([1, 1]);
    const banners = await rui.recordTexts('.banner');
    written.push(...(await sendInTurns([ana, rui], round, 3)));
    const killed = instances[own]?.kill();
    written.push(...(await sendInTurns([ana, rui], `${round} after`, 3)));
    await killed;

    for (const person of [ana, rui]) await seesEachOnce(person, written);
    await expect(ana.banner).toHaveText('', RECONNECT_TIMEOUT);
    expect(await banners.jsonValue(), 'what the banner of the other one said').toEqual([]);
    expect((await balancer.sockets())[other], 'both are on the instance that is left').toBe(2);

    await instances[own]?.restart();
    await expect.poll(() => balancer.health(), RECONNECT_TIMEOUT).toEqual(['UP', 'UP']);
    // This loads Rui's page anew, and his next socket goes to the instance that has none.
    await ana.seesSameAs(rui);
    [own, other] = [other, own];
  }
});

/** They say so many each, without waiting for an answer. Returns what was said. */
async function sendInTurns(people: Person[], prefix: string, count: number): Promise<string[]> {
  const sent: string[] = [];
  for (const text of numbered(prefix, count)) {
    for (const person of people) {
      sent.push(`${text} of ${person.name}`);
      await person.send(`${text} of ${person.name}`);
    }
  }
  return sent;
}

/** All of it is in the room, each once and each author's in the order of saying. */
async function seesEachOnce(person: Person, written: string[]): Promise<void> {
  await expect(person.page.locator('.pending')).toHaveCount(0, RECONNECT_TIMEOUT);
  await expect(person.texts).toHaveCount(written.length, RECONNECT_TIMEOUT);
  const read = await person.texts.allTextContents();
  for (const author of ['Ana', 'Rui']) {
    const ofAuthor = (texts: string[]) => texts.filter((text) => text.endsWith(` of ${author}`));
    expect(ofAuthor(read), `what ${person.name} reads of ${author}`).toEqual(ofAuthor(written));
  }
}
