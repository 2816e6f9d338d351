import { numbered } from './support/bot';
import { expect, test } from './support/test';
import { TOO_LONG, leaveUnsent } from './support/unsent';

test('a message that is too long stays in its field, with the reason', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const text = 'x'.repeat(4_001);
  await ana.say(text);
  await expect(ana.page.getByRole('alert')).toContainText('4000 characters');
  await expect(ana.field).toHaveValue(text);
  await expect(ana.messages).toHaveCount(0);

  await ana.say('shorter');
  await ana.hasSettled('shorter');
  await expect(ana.page.getByRole('alert')).toHaveCount(0);
  await expect(ana.field).toHaveValue('');
});

test('the longest message arrives whole', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  for (const text of ['🌊'.repeat(4_000), '"'.repeat(4_000), 'x '.repeat(1_999).concat('.')]) {
    await ana.say(text);
    await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
    await expect.poll(() => rui.texts.last().textContent()).toBe(text);
  }
  expect(ana.joins('lobby'), 'the connection was never lost').toBe(1);
});

test('a message that the server refuses can be tried again and thrown away', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await leaveUnsent(ana, TOO_LONG);
  const message = ana.messages.filter({ hasText: 'too long' });
  await expect(message).toContainText('Not sent.');
  await expect(message).toContainText('4000 characters');

  await message.getByRole('button', { name: 'Retry' }).click();
  await expect(message).toContainText('Not sent.');
  await ana.say('in the meantime');
  await ana.hasSettled('in the meantime');
  await ana.page.reload();
  await expect(message, 'nothing is thrown away unasked').toContainText('Not sent.');

  await message.getByRole('button', { name: 'Discard' }).click();
  await ana.reads(['in the meantime']);
  await ana.page.reload();
  await ana.isIn('lobby');
  await ana.reads(['in the meantime']);
});

test('somebody who is too fast is slowed down, and nothing is lost', async ({ start, invite }) => {
  const server = await start({ SENDS_BURST: '5', SENDS_PER_SECOND: '10' });
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  const written = numbered('fast', 25);
  for (const text of written) await ana.say(text);
  await rui.reads(written);
  await ana.reads(written);
  await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
});

test.describe('a page that cannot start', () => {
  test.use({ forgives: /ERR_FAILED|Failed to fetch|fetch dynamically imported|unreachable|panicked|was preloaded/ });
  const NOTICE = 'New messages show when the page is loaded again. Refresh';

  for (const file of ['**/*.wasm', '**/pkg/*.js']) {
    test(`says so without ${file}, and can be used as it is`, async ({ server, invite, bot }) => {
      const rui = await bot('Rui', server);
      await rui.say('lobby', 'first');
      // What a service worker fetches goes past the page's routes.
      const ana = await (await invite('Ana', server, { serviceWorkers: 'block' })).hasSession();
      await ana.page.route(file, (route) => route.abort());
      await ana.goTo('lobby');
      const notice = ana.page.getByRole('alert');
      await expect(notice).toHaveText(NOTICE);
      await expect(notice).toBeInViewport();
      await expect(ana.message('first').locator('time'), 'nobody else tells the time').toBeVisible();

      await ana.say('second');
      await ana.reads(['first', 'second']);
      await rui.say('lobby', 'third');
      await ana.page.getByRole('link', { name: 'Refresh' }).click();
      await ana.reads(['first', 'second', 'third']);
    });
  }

  test('says so when it stops', async ({ server, invite, bot }) => {
    await (await bot('Rui', server)).say('lobby', 'hello');
    const ana = await (await invite('Ana', server)).hasSession();
    // What an extension of the browser may do: the page is not the one that was rendered.
    await ana.page.addInitScript(() => {
      document.addEventListener('readystatechange', () => document.querySelector('.author')?.replaceChildren());
    });
    await ana.goTo('lobby');
    await expect(ana.page.getByRole('alert')).toHaveText(NOTICE);
  });

  test('does not say so when it can', async ({ server, invite }) => {
    const ana = await (await invite('Ana', server)).signIn('lobby');
    await expect(ana.page.locator('.stale')).toHaveCount(1);
    await expect(ana.page.locator('.stale')).toBeHidden();
  });
});
