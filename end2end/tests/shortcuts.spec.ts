import { loadsOf } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** What `cargo leptos --split` cuts off for the list. */
const LIST = /\/pkg\/split_shortcuts[^/]*\.wasm$/;

test('a question mark opens the shortcuts, which are loaded only then', async ({ server, invite }) => {
  const ana = await invite('Ana', server);
  const loads = loadsOf(ana.page, LIST);
  await ana.signIn('lobby');
  await ana.page.waitForLoadState('networkidle');
  expect(loads, 'nobody has asked for them').toEqual([]);

  await ana.field.press('?');
  await expect(ana.field, 'in a text it is a question mark').toHaveValue('?');
  await expect(dialog(ana)).toBeHidden();

  await ana.page.locator('.scroller').focus();
  await ana.page.keyboard.press('?');
  await expect(dialog(ana).locator('dt')).toHaveText(['Enter', 'Shift+Enter', '↑', 'Esc', '@', ':', 'Ctrl+K / ⌘K', '?']);
  expect(loads).toHaveLength(1);

  await ana.page.keyboard.press('Escape');
  await expect(dialog(ana)).toBeHidden();
  await expect(ana.page.locator('.scroller'), 'the focus is where it was').toBeFocused();

  await opener(ana).click();
  await expect(dialog(ana).locator('dl'), 'it is listed once, however often it is opened').toHaveCount(1);
  await ana.page.getByRole('button', { name: 'Close' }).and(ana.page.locator('dialog *')).click();
  await expect(dialog(ana)).toBeHidden();
  expect(loads).toHaveLength(1);
});

/** What a service worker fetches goes past the page's routes. */
const UNHELPED = { serviceWorkers: 'block' } as const;

test.describe('what cannot be loaded', () => {
  test.use({ forgives: /Failed to load resource|Failed to fetch|WebAssembly|net::ERR/ });

  for (const [why, answer] of [
    ['without a connection', undefined],
    ['of a version that is gone', { status: 404, contentType: 'text/html', body: '<!doctype html><title>Gone</title>' }],
  ] as const) {
    test(`says so, and is tried again: ${why}`, async ({ server, invite }) => {
      const ana = await (await invite('Ana', server, UNHELPED)).signIn('lobby');
      await ana.page.route(LIST, (route) => (answer ? route.fulfill(answer) : route.abort('internetdisconnected')));
      await opener(ana).click();
      await expect(ana.page.locator('.news')).toContainText('could not be loaded');
      await expect(dialog(ana)).toBeHidden();

      await ana.page.unroute(LIST);
      await opener(ana).click();
      await expect(dialog(ana).locator('dt').first()).toHaveText('Enter');
      await ana.page.keyboard.press('Escape');
      await ana.say('the room goes on');
      await ana.hasSettled('the room goes on');
    });
  }
});

function dialog({ page }: Person) {
  return page.getByRole('dialog', { name: 'Keyboard shortcuts' });
}

function opener({ page }: Person) {
  return page.getByRole('button', { name: 'Keyboard shortcuts' });
}
