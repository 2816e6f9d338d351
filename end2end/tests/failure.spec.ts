import { numbered } from './support/bot';
import { expect, test } from './support/test';
import { TOO_LONG, storeUnsent } from './support/unsent';

test('a message that is too long stays in the field and shows the reason', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const text = 'x'.repeat(4_001);
  await ana.send(text);
  await expect(ana.page.getByRole('alert')).toContainText('4000 characters');
  await expect(ana.field).toHaveValue(text);
  await expect(ana.messages).toHaveCount(0);

  await ana.send('shorter');
  await ana.seesSent('shorter');
  await expect(ana.page.getByRole('alert')).toHaveCount(0);
  await expect(ana.field).toHaveValue('');
});

test('a message of the maximum length is delivered', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  for (const text of ['🌊'.repeat(4_000), '"'.repeat(4_000), 'x '.repeat(1_999).concat('.')]) {
    await ana.send(text);
    await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
    await expect.poll(() => rui.texts.last().textContent()).toBe(text);
  }
  expect(ana.joinCount('lobby'), 'the connection was not lost').toBe(1);
});

test('a refused message can be retried and discarded', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await storeUnsent(ana, TOO_LONG);
  const message = ana.messages.filter({ hasText: 'too long' });
  await expect(message).toContainText('Not sent.');
  await expect(message).toContainText('4000 characters');

  await message.getByRole('button', { name: 'Retry' }).click();
  await expect(message).toContainText('Not sent.');
  await ana.send('in the meantime');
  await ana.seesSent('in the meantime');
  await ana.page.reload();
  await expect(message, 'a failed message survives a reload').toContainText('Not sent.');

  await message.getByRole('button', { name: 'Discard' }).click();
  await ana.seesTexts(['in the meantime']);
  await ana.page.reload();
  await ana.hasJoined('lobby');
  await ana.seesTexts(['in the meantime']);
});

test('a person above the rate limit is slowed down and loses no message', async ({ startServer, newPerson }) => {
  const server = await startServer({ SENDS_BURST: '5', SENDS_PER_SECOND: '10' });
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  const written = numbered('fast', 25);
  for (const text of written) await ana.send(text);
  await rui.seesTexts(written);
  await ana.seesTexts(written);
  await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
});

test.describe('a page whose Wasm does not run', () => {
  const allowedErrors = /ERR_FAILED|Failed to fetch|fetch dynamically imported|unreachable|panicked|was preloaded/;
  test.use({ allowedErrors });
  const NOTICE = 'New messages show when the page is loaded again. Refresh';

  for (const file of ['**/*.wasm', '**/pkg/*.js']) {
    test(`shows a notice and works as a form without ${file}`, async ({ server, newPerson, bot }) => {
      const rui = await bot('Rui', server);
      await rui.send('lobby', 'first');
      // Playwright's routes do not apply to requests of a service worker.
      const ana = await (await newPerson('Ana', server, { serviceWorkers: 'block' })).createSession();
      await ana.page.route(file, (route) => route.abort());
      await ana.goToRoom('lobby');
      const notice = ana.page.getByRole('alert');
      await expect(notice).toHaveText(NOTICE);
      await expect(notice).toBeInViewport();
      await expect(ana.message('first').locator('time'), 'the time is shown in UTC').toBeVisible();

      await ana.send('second');
      await ana.seesTexts(['first', 'second']);
      await rui.send('lobby', 'third');
      await ana.page.getByRole('link', { name: 'Refresh' }).click();
      await ana.seesTexts(['first', 'second', 'third']);
    });
  }

  test('shows a notice after a panic', async ({ server, newPerson, bot }) => {
    await (await bot('Rui', server)).send('lobby', 'hello');
    const ana = await (await newPerson('Ana', server)).createSession();
    // Changes the rendered HTML, as a browser extension may do.
    await ana.page.addInitScript(() => {
      document.addEventListener('readystatechange', () => document.querySelector('.author')?.replaceChildren());
    });
    await ana.goToRoom('lobby');
    await expect(ana.page.getByRole('alert')).toHaveText(NOTICE);
  });

  test('shows no notice if the Wasm runs', async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    await expect(ana.page.locator('.stale')).toHaveCount(1);
    await expect(ana.page.locator('.stale')).toBeHidden();
  });
});
