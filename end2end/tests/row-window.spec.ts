import { numbered } from './support/bot';
import { check } from './support/accessibility';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** As many as a room keeps. */
const ALL = numbered('message', 10_000);
const MOST = 300;

test('ten thousand messages are scrolled through, and only some are on the page', async ({ start, invite, bot }, testInfo) => {
  test.setTimeout(300_000);
  const server = await start({ SENDS_BURST: '20000' });
  const rui = await bot('Rui', server);
  await rui.sayAll('lobby', ALL);
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();

  await scrollTo(ana, ALL[0] ?? '', -5_000);
  await check(ana, 'all', testInfo);
  await expect(ana.page.getByText('This is the beginning of the room.')).toBeAttached();
  await scrollTo(ana, ALL[700] ?? '', 2_000);
  await rui.say('lobby', 'meanwhile');
  await expect(ana.page.getByRole('button', { name: '1 new message', exact: true })).toBeVisible();
  await expect(ana.message('meanwhile'), 'it is too far down to be on the page').toHaveCount(0);
  await ana.page.getByRole('button', { name: '1 new message', exact: true }).click();
  await expect(ana.message('meanwhile')).toBeInViewport();
  await expect(ana.page.locator('.to-latest')).toBeHidden();
  await rui.say('lobby', 'seen at once');
  await expect(ana.message('seen at once')).toBeInViewport();
});

test('the view stays where it is while other messages are drawn', async ({ start, invite, bot }) => {
  const server = await start({ SENDS_BURST: '5000' });
  await (await bot('Rui', server)).sayAll('lobby', ALL.slice(0, 600));
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();
  for (const way of [-1, -1, 1]) {
    const jumps = await ana.page.locator('.scroller').evaluate(async (scroller, way) => {
      const jumps: string[] = [];
      const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
      for (let step = 0; step < 60; step++) {
        const view = scroller.getBoundingClientRect();
        const seen = [...scroller.querySelectorAll('#messages li')].find((li) => li.getBoundingClientRect().top >= view.top + 200);
        const before = seen?.getBoundingClientRect().top ?? 0;
        const room = way < 0 ? scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop : -scroller.scrollTop;
        const by = Math.min(150, Math.floor(room)) * way;
        scroller.scrollBy({ top: by, behavior: 'instant' });
        let moved = 0;
        // What has come since the last frame is not painted yet, and put right before it is.
        for (let look = 0; look < 2; look++) {
          await frame();
          await frame();
          moved = (seen?.getBoundingClientRect().top ?? 0) - before + by;
          if (Math.abs(moved) <= 2) break;
        }
        if (seen?.isConnected && Math.abs(moved) > 2) jumps.push(`${seen.textContent} by ${moved}`);
      }
      return jumps;
    }, way);
    expect(jumps).toEqual([]);
  }
  await ana.page.getByRole('button', { name: 'Latest messages' }).click();
  await expect(ana.message('message 600')).toBeInViewport();
});

test('who says something far up is at the end', async ({ start, invite, bot }) => {
  const server = await start({ SENDS_BURST: '5000' });
  await (await bot('Rui', server)).sayAll('lobby', ALL.slice(0, 500));
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();
  await scrollTo(ana, ALL[50] ?? '', -2_000);
  await expect(ana.message('message 500')).toHaveCount(0);
  await ana.say('here I am');
  await expect(ana.message('here I am')).toBeInViewport({ ratio: 1 });
  await ana.hasSettled('here I am');
  await expect(ana.message('here I am')).toHaveAttribute('data-seq', '501');
});

/** Turns the wheel until that message is in view. */
async function scrollTo(person: Person, text: string, by: number): Promise<void> {
  await expect(async () => {
    await person.page.mouse.wheel(0, by);
    expect(await person.messages.count()).toBeLessThanOrEqual(MOST);
    await expect(person.message(text)).toBeInViewport({ timeout: 50 });
  }, `${text} comes into view`).toPass({ timeout: 120_000, intervals: [50] });
}
