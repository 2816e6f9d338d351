import { recordLoads } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** The chunk of the list, as `cargo leptos --split` names it. */
const SHORTCUTS_CHUNK = /\/pkg\/split_shortcuts[^/]*\.wasm$/;

test('a question mark opens the shortcuts, which load on first use', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  const loads = recordLoads(ana.page, SHORTCUTS_CHUNK);
  await ana.signIn('lobby');
  await ana.page.waitForLoadState('networkidle');
  expect(loads, 'nothing is loaded before the first use').toEqual([]);

  await ana.field.press('?');
  await expect(ana.field, 'in the field the key types a question mark').toHaveValue('?');
  await expect(dialog(ana)).toBeHidden();

  await ana.page.locator('.scroller').focus();
  await ana.page.keyboard.press('?');
  const keys = ['Enter', 'Shift+Enter', '↑', 'Esc', '@', ':', 'Ctrl+K / ⌘K', '?'];
  await expect(dialog(ana).locator('dt')).toHaveText(keys);
  expect(loads).toHaveLength(1);

  await ana.page.keyboard.press('Escape');
  await expect(dialog(ana)).toBeHidden();
  await expect(ana.page.locator('.scroller'), 'the focus returns').toBeFocused();

  await openButton(ana).click();
  await expect(dialog(ana).locator('dl'), 'the list is rendered once').toHaveCount(1);
  await ana.page.getByRole('button', { name: 'Close' }).and(ana.page.locator('dialog *')).click();
  await expect(dialog(ana)).toBeHidden();
  expect(loads).toHaveLength(1);
});

/** Playwright's routes do not apply to requests of a service worker. */
const WITHOUT_SERVICE_WORKER = { serviceWorkers: 'block' } as const;

test.describe('a chunk that cannot be loaded', () => {
  test.use({ allowedErrors: /Failed to load resource|Failed to fetch|WebAssembly|net::ERR/ });

  for (const [reason, response] of [
    ['no connection', undefined],
    ['removed by a deployment', { status: 404, contentType: 'text/html', body: '<!doctype html><title>Gone</title>' }],
  ] as const) {
    test(`shows an error and is retried: ${reason}`, async ({ server, newPerson }) => {
      const ana = await (await newPerson('Ana', server, WITHOUT_SERVICE_WORKER)).signIn('lobby');
      await ana.page.route(SHORTCUTS_CHUNK, (route) =>
        response ? route.fulfill(response) : route.abort('internetdisconnected'),
      );
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
