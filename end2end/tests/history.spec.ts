import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';

const ALL = numbered('message', 130);

test('scrolling up loads older messages to the beginning, and the view stays where it is', async ({
  server,
  invite,
  bot,
}) => {
  await (await bot('Rui', server)).sayAll('lobby', ALL);
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.reads(ALL.slice(-50));
  await expect(ana.messages.last()).toBeInViewport();

  await lookBack(ana, 100);
  await ana.reads(ALL.slice(-100));
  await lookBack(ana, 130);
  await ana.reads(ALL);
  await expect(ana.page.getByText('This is the beginning of the room.')).toBeAttached();
  await ana.page.locator('.scroller').hover();
  await ana.page.mouse.wheel(0, -20_000);
  await expect(ana.messages.first()).toBeInViewport();

  await ana.page.getByRole('button', { name: /Latest messages/ }).click();
  await expect(ana.messages.last()).toBeInViewport();
});

test('older messages are loaded by a button too', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).sayAll('lobby', ALL);
  // So high that there is nothing to scroll.
  const ana = await (await invite('Ana', server, { viewport: { width: 1280, height: 4_000 } })).signIn('lobby');
  const older = ana.page.getByRole('button', { name: 'Load older messages' });
  await older.click();
  await ana.reads(ALL.slice(-100));
  await older.click();
  await ana.reads(ALL);
  await expect(older).toHaveCount(0);
});

test('a reader further up is not moved by what is new, and is told of it', async ({ server, invite, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sayAll('lobby', ALL.slice(0, 50));
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await scrollUp(ana, 300);
  await expect(ana.page.getByRole('button', { name: /Latest messages/ })).toBeVisible();
  const before = await firstInView(ana);
  await rui.sayAll('lobby', numbered('news', 30));
  await expect(ana.texts.last()).toHaveText('news 30');
  await staysAt(ana, before);

  const button = ana.page.getByRole('button', { name: /New messages/ });
  await button.click();
  await expect(ana.messages.last()).toBeInViewport();
  await expect(button).toBeHidden();
  await rui.say('lobby', 'seen at once');
  await expect(ana.message('seen at once')).toBeInViewport();
});

test('history outlives the server', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).sayAll('lobby', ALL.slice(0, 20));
  await server.kill();
  await server.startAgain();
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.reads(ALL.slice(0, 20));
});

interface Place {
  text: string;
  top: number;
}

/** Scrolls to near the beginning of what is loaded, and waits until `count` messages are. */
async function lookBack(person: Person, count: number): Promise<void> {
  await scrollUp(person, Number.POSITIVE_INFINITY);
  const before = await firstInView(person);
  await expect(person.messages).toHaveCount(count);
  await staysAt(person, before);
}

/** Scrolls up by so many pixels, but not to the very edge. */
async function scrollUp(person: Person, pixels: number): Promise<void> {
  await person.page.locator('.scroller').evaluate((scroller, pixels) => {
    const room = scroller.scrollHeight - scroller.clientHeight - 200 + scroller.scrollTop;
    scroller.scrollBy({ top: -Math.min(pixels, room), behavior: 'instant' });
  }, pixels);
}

async function firstInView(person: Person): Promise<Place> {
  return person.page.locator('.scroller').evaluate((scroller) => {
    const edge = scroller.getBoundingClientRect().top;
    const messages = [...scroller.querySelectorAll('#messages li')];
    const first = messages.find((message) => message.getBoundingClientRect().top >= edge);
    if (!first) throw new Error('no message is in view');
    return { text: first.querySelector('.message-text')?.textContent ?? '', top: first.getBoundingClientRect().top };
  });
}

async function staysAt(person: Person, { text, top }: Place): Promise<void> {
  const now = () => person.message(text).evaluate((message) => message.getBoundingClientRect().top);
  await expect.poll(async () => Math.abs((await now()) - top), `"${text}" stays where it is`).toBeLessThanOrEqual(2);
}
