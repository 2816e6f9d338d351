import { numbered } from './support/bot';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: CONNECTION_LOST });
// docs/guarantees.md allows 25 s for a reconnection, and this test reconnects four times.
test.setTimeout(120_000);
const RECONNECT_TIMEOUT = { timeout: 25_000 };

test('no message is lost while two instances behind HAProxy are killed in turn', async ({
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
  // At most one page of history, so that a reloaded page shows all messages.
  const written: string[] = [];

  for (const round of ['first', 'second', 'third', 'fourth']) {
    await expect.poll(() => balancer.sockets(), 'Ana and Rui are on different instances').toEqual([1, 1]);
    const banners = await rui.recordTexts('.banner');
    written.push(...(await sendInTurns([ana, rui], round, 3)));
    const killed = instances[own]?.kill();
    written.push(...(await sendInTurns([ana, rui], `${round} after`, 3)));
    await killed;

    for (const person of [ana, rui]) await seesEachOnce(person, written);
    await expect(ana.banner).toHaveText('', RECONNECT_TIMEOUT);
    expect(await banners.jsonValue(), 'texts of the banner on the other instance').toEqual([]);
    expect((await balancer.sockets())[other], 'both are on the remaining instance').toBe(2);

    await instances[own]?.restart();
    await expect.poll(() => balancer.health(), RECONNECT_TIMEOUT).toEqual(['UP', 'UP']);
    // This reloads Rui's page, and HAProxy sends his next socket to the instance without sockets.
    await ana.seesSameAs(rui);
    [own, other] = [other, own];
  }
});

/** Everybody sends `count` messages, without waiting for an acknowledgement. Returns the texts. */
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

/** The room has each message once, and the messages of each author in the order in which they were sent. */
async function seesEachOnce(person: Person, written: string[]): Promise<void> {
  await expect(person.page.locator('.pending')).toHaveCount(0, RECONNECT_TIMEOUT);
  await expect(person.texts).toHaveCount(written.length, RECONNECT_TIMEOUT);
  const read = await person.texts.allTextContents();
  for (const author of ['Ana', 'Rui']) {
    const ofAuthor = (texts: string[]) => texts.filter((text) => text.endsWith(` of ${author}`));
    expect(ofAuthor(read), `messages of ${author} on the page of ${person.name}`).toEqual(ofAuthor(written));
  }
}
