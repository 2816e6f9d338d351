import { delayRequests } from './support/browser';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';

test('times are hidden until they are in local time', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ['one', 'two']);
  const ana = await (await newPerson('Ana', server)).createSession();
  const release = await delayRequests(ana.page, '**/*.wasm');
  await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'domcontentloaded' });
  const time = ana.message('one').locator('time');
  await expect(time).not.toBeEmpty();
  await expect(time).toBeHidden();
  const { local, utc } = await expectedTimes(ana);
  expect(local, 'the test needs two time zones').not.toBe(utc);

  release();
  await ana.hasJoined('lobby');
  await expect(time).toBeVisible();
  await expect(ana.page.locator('#messages time')).toHaveText([local, local]);
  await expect(time).toHaveAttribute('title', new RegExp(`^\\d{1,2} [A-Z][a-z]{2} 20\\d{2}, ${local}$`));
});

test('messages of earlier days show their date, even on a page that stays open', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('today');
  await ana.seesSent('today');
  const time = ana.message('today').locator('time');
  const { local, date } = await expectedTimes(ana);
  await expect(time).toHaveText(local);
  await ana.page.clock.setFixedTime(Date.now() + 24 * 3_600_000);
  await ana.field.press('x');
  await expect(time).toHaveText(`${date}, ${local}`);
});

test('only the first message of a group shows the date', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ['one', 'two']);
  const ana = await newPerson('Ana', server);
  await ana.page.clock.setFixedTime(Date.now() + 48 * 3_600_000);
  await ana.signIn('lobby');
  const { local, date } = await expectedTimes(ana);
  await expect(ana.page.locator('#messages time')).toHaveText([`${date}, ${local}`, local]);
});

test('a separator marks the start of a local day', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ['one', 'two']);
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const days = ana.page.locator('#messages [data-day]');
  await expect(days).toHaveText([/one/]);
  await expect(days).toHaveAttribute('data-day', 'Today');
  await expect(ana.message('two')).toHaveClass(/continues/);
  const { date } = await expectedTimes(ana);
  for (const [hours, day] of [
    [24, 'Yesterday'],
    [48, date],
  ] as const) {
    await ana.page.clock.setFixedTime(Date.now() + hours * 3_600_000);
    await ana.field.press('x');
    await expect(days).toHaveAttribute('data-day', day);
  }
});

test.describe('without a server', () => {
  test.use({ allowedErrors: CONNECTION_LOST });

  test('separators follow the time zone of the reader', async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server, { timezoneId: 'Pacific/Kiritimati' })).signIn('lobby');
    // A pending message has the time of the browser.
    await server.kill();
    const tomorrow = Date.now() + 24 * 3_600_000;
    for (const [text, minutes] of [
      ['late', -2],
      ['early', 2],
    ] as const) {
      // Midnight in Kiritimati is 10:00 UTC.
      await ana.page.clock.setFixedTime(new Date(tomorrow).setUTCHours(10, minutes, 0, 0));
      await ana.send(text);
      await expect(ana.message(text)).toBeVisible();
    }
    await expect(ana.page.locator('#messages [data-day]')).toHaveText([/late/, /early/]);
    await expect(ana.message('early')).not.toHaveClass(/continues/);
  });
});

/** The time of the first message, as formatted by the browser. */
async function expectedTimes({ page }: Person): Promise<{ local: string; utc: string; date: string }> {
  const datetime = await page.locator('#messages time').first().getAttribute('datetime');
  return page.evaluate((datetime) => {
    const at = new Date(datetime ?? '');
    const clock = { hour: '2-digit', minute: '2-digit' } as const;
    return {
      local: at.toLocaleTimeString('en-GB', clock),
      utc: at.toLocaleTimeString('en-GB', { ...clock, timeZone: 'UTC' }),
      date: at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', year: 'numeric' }).replace(
        /(\w+) (\d+), (\d+)/,
        '$2 $1 $3',
      ),
    };
  }, datetime);
}
