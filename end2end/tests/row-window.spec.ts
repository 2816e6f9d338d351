import { numbered } from './support/bot';
import { checkAccessibility } from './support/accessibility';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** The default of `HISTORY_LIMIT`. */
const ALL = numbered('message', 10_000);
const MAX_ROWS = 300;

test('at most 300 of ten thousand messages are in the page while it scrolls', async (
  { startServer, newPerson, bot },
  testInfo,
) => {
  test.setTimeout(300_000);
  const server = await startServer({ SENDS_BURST: '20000' });
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ALL);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();

  await wheelTo(ana, ALL[0] ?? '', -5_000);
  await checkAccessibility(ana, 'all', testInfo);
  await expect(ana.page.getByText('This is the beginning of the room.')).toBeAttached();
  await wheelTo(ana, ALL[700] ?? '', 2_000);
  await rui.send('lobby', 'meanwhile');
  await expect(ana.page.getByRole('button', { name: '1 new message', exact: true })).toBeVisible();
  await expect(ana.message('meanwhile'), 'the new message is outside the rendered rows').toHaveCount(0);
  await ana.page.getByRole('button', { name: '1 new message', exact: true }).click();
  await expect(ana.message('meanwhile')).toBeInViewport();
  await expect(ana.page.locator('.to-latest')).toBeHidden();
  await rui.send('lobby', 'seen at once');
  await expect(ana.message('seen at once')).toBeInViewport();
});

test('the view does not jump while rows are replaced', async ({ startServer, newPerson, bot }) => {
  const server = await startServer({ SENDS_BURST: '5000' });
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 600));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();
  for (const direction of [-1, -1, 1]) {
    const jumps = await ana.page.locator('.scroller').evaluate(async (scroller, direction) => {
      const jumps: string[] = [];
      const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
      for (let step = 0; step < 60; step++) {
        const view = scroller.getBoundingClientRect();
        const rows = [...scroller.querySelectorAll('#messages li')];
        const visible = rows.find((row) => row.getBoundingClientRect().top >= view.top + 200);
        const before = visible?.getBoundingClientRect().top ?? 0;
        const above = scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop;
        const available = direction < 0 ? above : -scroller.scrollTop;
        const distance = Math.min(150, Math.floor(available)) * direction;
        scroller.scrollBy({ top: distance, behavior: 'instant' });
        let moved = 0;
        // Rows that were added since the last frame are not painted yet. The page corrects its position before that.
        for (let attempt = 0; attempt < 2; attempt++) {
          await frame();
          await frame();
          moved = (visible?.getBoundingClientRect().top ?? 0) - before + distance;
          if (Math.abs(moved) <= 2) break;
        }
        if (visible?.isConnected && Math.abs(moved) > 2) jumps.push(`${visible.textContent} by ${moved}`);
      }
      return jumps;
    }, direction);
    expect(jumps).toEqual([]);
  }
  await ana.page.getByRole('button', { name: 'Latest messages' }).click();
  await expect(ana.message('message 600')).toBeInViewport();
});

test('sending a message from far up scrolls to the end', async ({ startServer, newPerson, bot }) => {
  const server = await startServer({ SENDS_BURST: '5000' });
  await (await bot('Rui', server)).sendAll('lobby', ALL.slice(0, 500));
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.locator('.scroller').hover();
  await wheelTo(ana, ALL[50] ?? '', -2_000);
  await expect(ana.message('message 500')).toHaveCount(0);
  await ana.send('here I am');
  await expect(ana.message('here I am')).toBeInViewport({ ratio: 1 });
  await ana.seesSent('here I am');
  await expect(ana.message('here I am')).toHaveAttribute('data-seq', '501');
});

/** Turns the mouse wheel until the message is in the viewport. */
async function wheelTo(person: Person, text: string, by: number): Promise<void> {
  await expect(async () => {
    await person.page.mouse.wheel(0, by);
    expect(await person.messages.count()).toBeLessThanOrEqual(MAX_ROWS);
    await expect(person.message(text)).toBeInViewport({ timeout: 50 });
  }, `${text} is in the viewport`).toPass({ timeout: 120_000, intervals: [50] });
}
