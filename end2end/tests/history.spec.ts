import type { JSHandle } from '@playwright/test';
import { delayRequests } from './support/browser';
import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';
import { TOO_LONG, storeUnsent } from './support/unsent';

const ALL = numbered('message', 230);

test('scrolling up loads older messages without moving the view', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.seesTexts(ALL.slice(-50));
  await expect(ana.messages.last()).toBeInViewport();

  await loadOlder(ana, 150);
  await ana.seesTexts(ALL.slice(-150));
  await loadOlder(ana, 230);
  await ana.seesTexts(ALL);
  await expect(ana.page.getByText('This is the beginning of the room.')).toBeAttached();
  await ana.page.locator('.scroller').hover();
  await ana.page.mouse.wheel(0, -20_000);
  await expect(ana.messages.first()).toBeInViewport();

  await ana.page.getByRole('button', { name: /Latest messages/ }).click();
  await expect(ana.messages.last()).toBeInViewport();
});

test('a button loads older messages', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL);
  // The viewport is so high that the page does not scroll.
  const ana = await (await newPerson('Ana', server, { viewport: { width: 1280, height: 10_000 } })).signIn('lobby');
  const older = ana.page.getByRole('button', { name: 'Load older messages' });
  await older.click();
  await ana.seesTexts(ALL.slice(-150));
  await older.click();
  await ana.seesTexts(ALL);
  await expect(older).toHaveCount(0);
});

test('new messages do not move a reader who has scrolled up, and a button counts them', async ({
  server,
  newPerson,
  bot,
}) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL.slice(0, 50));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await scrollUp(ana, 300);
  await expect(ana.page.getByRole('button', { name: /Latest messages/ })).toBeVisible();
  const before = await firstInView(ana);
  await rui.sendAll('lobby', numbered('news', 30));
  await expect(ana.texts.last()).toHaveText('news 30');
  await hasPosition(ana, before);

  const button = ana.page.getByRole('button', { name: '30 new messages', exact: true });
  await button.click();
  await expect(ana.messages.last()).toBeInViewport();
  await expect(button).toBeHidden();
  await rui.send('lobby', 'seen at once');
  await expect(ana.message('seen at once')).toBeInViewport();
});

test('a message that grows does not move the view', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 100));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await scrollUp(ana, 500);
  const before = await firstInView(ana);
  for (const [where, offset] of [
    ['above the view', -3],
    ['at the edge of the view', -1],
    ['in the view', 3],
    ['below the view', 40],
    ['first in the view', 0],
  ] as const) {
    await increaseHeight(ana, before.text, offset);
    await hasPosition(ana, before, `when a message ${where} grows`);
  }
});

test('new messages scroll the view of a reader near the end', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL.slice(0, 50));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  for (const text of ['one', 'two', 'three']) {
    await scrollUp(ana, 20);
    await rui.send('lobby', text);
    await expect(ana.message(text)).toBeInViewport({ ratio: 1 });
  }
  await expect(ana.page.locator('.to-latest')).toBeHidden();
});

test('new messages are announced after a failed message at the end', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL.slice(0, 50));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await storeUnsent(ana, TOO_LONG);
  await expect(ana.messages.last()).toContainText('Not sent.');
  await ana.hasJoined('lobby');
  await scrollUp(ana, 1_000);
  await expect(ana.page.getByRole('button', { name: /Latest messages/ })).toBeVisible();
  await rui.send('lobby', 'news');
  await expect(ana.page.getByRole('button', { name: /new message/ })).toBeVisible();
});

test('a message sent from another tab does not scroll this one, but a message sent from this one does', async ({
  server,
  newPerson,
  bot,
}) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 50));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await scrollUp(ana, 300);
  const latest = ana.page.getByRole('button', { name: /Latest messages/ });
  await expect(latest).toBeVisible();
  const before = await firstInView(ana);
  const page = await ana.page.context().newPage();
  await page.goto(`${server.url}/r/lobby`);
  await page.locator('#msg').fill('from another tab');
  await page.locator('.send').click();
  await expect(ana.texts.last()).toHaveText('from another tab');
  await hasPosition(ana, before);
  await expect(latest, 'the own message is not counted as new').toBeVisible();

  await ana.send('from here');
  await expect(ana.message('from here')).toBeInViewport({ ratio: 1 });
});

test('the start of a trimmed history is not shown as the beginning of the room', async ({
  redis,
  startServer,
  newPerson,
  bot,
}) => {
  const server = await startServer({ REDIS_URL: redis.url, HISTORY_LIMIT: '100' });
  await (await bot('Rui', server)).sendAll('lobby', numbered('long ago', 250));
  const ana = await (await newPerson('Ana', server, { viewport: { width: 1280, height: 8_000 } })).signIn('lobby');
  const older = ana.page.getByRole('button', { name: 'Load older messages' });
  const edge = ana.page.getByText('Earlier messages are no longer kept.');
  await expect(async () => {
    if (await older.isVisible()) await older.click();
    await expect(edge).toBeVisible({ timeout: 500 });
  }, 'Redis trims by whole blocks, so the exact start is unknown').toPass();
  await expect(ana.texts.first()).not.toHaveText('long ago 1');
  await expect(ana.page.getByText('This is the beginning of the room.')).toHaveCount(0);
  await expect(older).toHaveCount(0);
});

test('a replaced history shows a notice', async ({ redis, startServer, newPerson, bot }) => {
  const server = await startServer({ REDIS_URL: redis.url });
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL.slice(0, 50));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  for (const text of ['after the loss', 'after another']) {
    await redis.flush();
    await rui.send('lobby', text);
    await ana.seesTexts([text]);
    await expect(ana.notices).toContainText("The room's history was replaced");
    await expect(ana.notices).toBeInViewport({ ratio: 1 });
    await ana.notices.getByRole('button', { name: 'OK' }).click();
    await expect(ana.notices).toHaveText('');
    await expect(ana.field, 'the focus moves to the field').toBeFocused();
  }
});

test('screen readers announce new messages and no history', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL);
  await rui.send('kitchen', 'long ago');
  const ana = await (await newPerson('Ana', server)).createSession();
  const release = await delayRequests(ana.page, '**/*.wasm');
  await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'domcontentloaded' });
  const announced = await recordAnnouncements(ana);
  release();
  const log = ana.page.getByRole('log');
  await expect(log).toHaveAttribute('aria-live', 'polite');
  await scrollUp(ana, Number.POSITIVE_INFINITY);
  await expect(ana.messages).toHaveCount(150);
  await expect(log).toHaveAttribute('aria-live', 'polite');
  expect(await announced.jsonValue()).toEqual([]);

  await rui.send('lobby', 'news');
  await expect.poll(() => announced.jsonValue()).toEqual(['news']);
  await ana.openRoom('kitchen');
  await ana.seesTexts(['long ago']);
  await expect(log).toHaveAttribute('aria-live', 'polite');
  await rui.send('kitchen', 'fresh');
  await expect.poll(() => announced.jsonValue()).toEqual(['news', 'fresh']);
});

test('the history survives a crash of the server', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 20));
  await server.kill();
  await server.restart();
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.seesTexts(ALL.slice(0, 20));
});

interface Position {
  text: string;
  top: number;
}

/** Scrolls near the first loaded message and waits until `count` messages are loaded. */
async function loadOlder(person: Person, count: number): Promise<void> {
  await scrollUp(person, Number.POSITIVE_INFINITY);
  const before = await firstInView(person);
  await expect(person.messages).toHaveCount(count);
  await hasPosition(person, before);
}

/** Scrolls up by `pixels`, but stops 200 pixels before the edge. */
async function scrollUp(person: Person, pixels: number): Promise<void> {
  await person.page.locator('.scroller').evaluate((scroller, pixels) => {
    const room = scroller.scrollHeight - scroller.clientHeight - 200 + scroller.scrollTop;
    scroller.scrollBy({ top: -Math.min(pixels, room), behavior: 'instant' });
  }, pixels);
}

/** Records the texts that are added to the log or changed in it while it is a live region. */
async function recordAnnouncements({ page }: Person): Promise<JSHandle<string[]>> {
  return page.evaluateHandle(() => {
    const announced: string[] = [];
    new MutationObserver((mutations) => {
      for (const { target, addedNodes } of mutations) {
        const log = (target as Element).closest?.('[role=log]') ?? target.parentElement?.closest('[role=log]');
        if (!log || log.getAttribute('aria-live') === 'off') continue;
        for (const node of addedNodes.length > 0 ? addedNodes : [target]) {
          const text = node instanceof Element ? node.querySelector('.message-text')?.textContent : node.textContent;
          if (text) announced.push(text);
        }
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
    return announced;
  });
}

async function firstInView(person: Person): Promise<Position> {
  return person.page.locator('.scroller').evaluate((scroller) => {
    const edge = scroller.getBoundingClientRect().top;
    const messages = [...scroller.querySelectorAll('#messages > li')];
    const first = messages.find((message) => message.getBoundingClientRect().top >= edge);
    if (!first) throw new Error('no message is in view');
    return { text: first.querySelector('.message-text')?.textContent ?? '', top: first.getBoundingClientRect().top };
  });
}

async function hasPosition(person: Person, { text, top }: Position, when = ''): Promise<void> {
  const now = () => person.message(text).evaluate((message) => message.getBoundingClientRect().top);
  const distance = async () => Math.abs((await now()) - top);
  await expect.poll(distance, `distance of "${text}" from its former position ${when}`).toBeLessThanOrEqual(2);
}

/** Makes the message at `offset` from the one with that text taller, and waits until the page is painted. */
async function increaseHeight(person: Person, text: string, offset: number): Promise<void> {
  await person.message(text).evaluate(async (message, offset) => {
    const messages = [...(message.parentElement?.children ?? [])];
    (messages[messages.indexOf(message) + offset] as HTMLElement).style.paddingBottom = '37px';
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }, offset);
}
