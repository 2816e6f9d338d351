import { numbered } from './support/bot';
import { expect, test } from './support/test';
import { TOO_LONG, storeUnsent } from './support/unsent';

test('a message that is too long stays in its field, with the reason', async ({ server, newPerson }) => {
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

test('the longest message arrives whole', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  for (const text of ['🌊'.repeat(4_000), '"'.repeat(4_000), 'x '.repeat(1_999).concat('.')]) {
    await ana.send(text);
    await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
    await expect.poll(() => rui.texts.last().textContent()).toBe(text);
  }
  expect(ana.joinCount('lobby'), 'the connection was never lost').toBe(1);
});

test('a message that the server refuses can be tried again and thrown away', async ({ server, newPerson }) => {
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
  await expect(message, 'nothing is thrown away unasked').toContainText('Not sent.');

  await message.getByRole('button', { name: 'Discard' }).click();
  await ana.seesTexts(['in the meantime']);
  await ana.page.reload();
  await ana.hasJoined('lobby');
  await ana.seesTexts(['in the meantime']);
});

test('somebody who is too fast is slowed down, and nothing is lost', async ({ startServer, newPerson }) => {
  const server = await startServer({ SENDS_BURST: '5', SENDS_PER_SECOND: '10' });
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  const written = numbered('fast', 25);
  for (const text of written) await ana.send(text);
  await rui.seesTexts(written);
  await ana.seesTexts(written);
  await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
});

test.describe('a page that cannot start', () => {
  test.use({ allowedErrors: /ERR_FAILED|Failed to fetch|fetch dynamically imported|unreachable|panicked|was preloaded/ });
  const NOTICE = 'New messages show when the page is loaded again. Refresh';

  for (const file of ['**/*.wasm', '**/pkg/*.js']) {
    test(`says so without ${file}, and can be used as it is`, async ({ server, newPerson, bot }) => {
      const rui = await bot('Rui', server);
      await rui.send('lobby', 'first');
      // What a service worker fetches goes past the page's routes.
      const ana = await (await newPerson('Ana', server, { serviceWorkers: 'block' })).createSession();
      await ana.page.route(file, (route) => route.abort());
      await ana.goToRoom('lobby');
      const notice = ana.page.getByRole('alert');
      await expect(notice).toHaveText(NOTICE);
      await expect(notice).toBeInViewport();
      await expect(ana.message('first').locator('time'), 'nobody else tells the time').toBeVisible();

      await ana.send('second');
      await ana.seesTexts(['first', 'second']);
      await rui.send('lobby', 'third');
      await ana.page.getByRole('link', { name: 'Refresh' }).click();
      await ana.seesTexts(['first', 'second', 'third']);
    });
  }

  test('says so when it stops', async ({ server, newPerson, bot }) => {
    await (await bot('Rui', server)).send('lobby', 'hello');
    const ana = await (await newPerson('Ana', server)).createSession();
    // What an extension of the browser may do: the page is not the one that was rendered.
    await ana.page.addInitScript(() => {
      document.addEventListener('readystatechange', () => document.querySelector('.author')?.replaceChildren());
    });
    await ana.goToRoom('lobby');
    await expect(ana.page.getByRole('alert')).toHaveText(NOTICE);
  });

  test('does not say so when it can', async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    await expect(ana.page.locator('.stale')).toHaveCount(1);
    await expect(ana.page.locator('.stale')).toBeHidden();
  });
});
