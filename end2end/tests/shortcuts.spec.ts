import { recordLoads } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** What `cargo leptos --split` cuts off for the list. */
const SHORTCUTS_CHUNK = /\/pkg\/split_shortcuts[^/]*\.wasm$/;

test('a question mark opens the shortcuts, which are loaded only then', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  const loads = recordLoads(ana.page, SHORTCUTS_CHUNK);
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

  await openButton(ana).click();
  await expect(dialog(ana).locator('dl'), 'it is listed once, however often it is opened').toHaveCount(1);
  await ana.page.getByRole('button', { name: 'Close' }).and(ana.page.locator('dialog *')).click();
  await expect(dialog(ana)).toBeHidden();
  expect(loads).toHaveLength(1);
});

/** What a service worker fetches goes past the page's routes. */
const WITHOUT_SERVICE_WORKER = { serviceWorkers: 'block' } as const;

test.describe('what cannot be loaded', () => {
  test.use({ allowedErrors: /Failed to load resource|Failed to fetch|WebAssembly|net::ERR/ });

  for (const [why, answer] of [
    ['without a connection', undefined],
    ['of a version that is gone', { status: 404, contentType: 'text/html', body: '<!doctype html><title>Gone</title>' }],
  ] as const) {
    test(`says so, and is tried again: ${why}`, async ({ server, newPerson }) => {
      const ana = await (await newPerson('Ana', server, WITHOUT_SERVICE_WORKER)).signIn('lobby');
      await ana.page.route(SHORTCUTS_CHUNK, (route) => (answer ? route.fulfill(answer) : route.abort('internetdisconnected')));
      await openButton(ana).click();
      await expect(ana.page.locator('.news')).toContainText('could not be loaded');
      await expect(dialog(ana)).toBeHidden();

      await ana.page.unroute(SHORTCUTS_CHUNK);
      await openButton(ana).click();
      await expect(dialog(ana).locator('dt').first()).toHaveText('Enter');
      await ana.page.keyboard.press('Escape');
      await ana.send('the room goes on');
      await ana.seesSent('the room goes on');
    });
  }
});

function dialog({ page }: Person) {
  return page.getByRole('dialog', { name: 'Keyboard shortcuts' });
}

function openButton({ page }: Person) {
  return page.getByRole('button', { name: 'Keyboard shortcuts' });
}
