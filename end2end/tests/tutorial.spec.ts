import type { Page } from '@playwright/test';
import { expect, test } from './support/test';

// The tutorial "WebSocket chat on Cloud Run" has elements of these names, and programs that were written for its page find
// them here. They set values by script, which tells the page with no event, and click at once.

const TEXT = 'Hello from a script';

test('the names of the tutorial work before the browser takes over', async ({ server, newPerson }) => {
  // What a service worker fetches goes past the page's routes.
  const ana = await newPerson('Ana', server, { serviceWorkers: 'block' });
  await ana.page.route('**/pkg/*.{js,wasm}', () => {
    // Never answered: the page stays as the server rendered it.
  });
  await signIn(ana.page, server.url, 'Ana', 'Lobby of Ana & co.');
  await send(ana.page, TEXT);
  await showsMessage(ana.page, 'Lobby of Ana & co.', 'Ana', TEXT);
  expect(ana.joinCount('Lobby of Ana & co.')).toBe(0);
});

test('the names of the tutorial work after the browser has taken over', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  await signIn(ana.page, server.url, 'Ana', 'Lobby of Ana & co.');
  await ana.hasJoined('Lobby of Ana & co.');
  await ana.page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await send(ana.page, TEXT);
  await showsMessage(ana.page, 'Lobby of Ana & co.', 'Ana', TEXT);
  await ana.seesSent(TEXT);
  await expect(ana.field).toHaveValue('');
  expect(await ana.page.evaluate(() => 'sameDocument' in window), 'no page was loaded').toBe(true);
});

test('a click while the browser takes over says it once', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.addInitScript((text) => {
    if (sessionStorage.getItem('sent')) return;
    // As early as can be: as soon as the button stands in the document.
    const parsing = new MutationObserver(() => {
      const [field, button] = [
        document.querySelector<HTMLTextAreaElement>('#msg'),
        document.querySelector<HTMLElement>('.send'),
      ];
      if (!field || !button) return;
      parsing.disconnect();
      sessionStorage.setItem('sent', 'yes');
      field.value = text;
      button.click();
    });
    parsing.observe(document, { childList: true, subtree: true });
  }, TEXT);
  await ana.page.reload({ waitUntil: 'commit' });
  await ana.seesTexts([TEXT]);
  await ana.seesSent(TEXT);
  await ana.page.reload();
  await ana.seesTexts([TEXT]);
});

async function signIn(page: Page, url: string, name: string, room: string): Promise<void> {
  await page.goto(url);
  await page.evaluate(
    ([name, room]) => {
      const field = (selector: string) => document.querySelector<HTMLInputElement>(selector)!;
      field('#name').value = name;
      field('#room').value = room;
      document.querySelector<HTMLElement>('.signin')!.click();
    },
    [name, room] as const,
  );
  await expect(page.locator('#chatroom h1')).toHaveText(room);
}

async function send(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    document.querySelector<HTMLTextAreaElement>('#msg')!.value = text;
    document.querySelector<HTMLElement>('.send')!.click();
  }, text);
}

async function showsMessage(page: Page, room: string, author: string, text: string): Promise<void> {
  const messages = page.locator('#messages li');
  await expect(messages).toHaveCount(1);
  await expect(messages.first()).toContainText(author);
  await expect(messages.first()).toContainText(text);
  expect(await page.locator('#chatroom h1').evaluate((title) => title.textContent), 'the room, exactly').toBe(room);
}
