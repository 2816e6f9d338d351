import type { Page } from '@playwright/test';
import { expect, test } from './support/test';

// The page has the ids and classes of the tutorial "WebSocket chat on Cloud Run", so that scripts written for that page
// work here. Such scripts set values, which fires no event, and click at once.

const TEXT = 'Hello from a script';

test("the tutorial's ids and classes work before hydration", async ({ server, newPerson }) => {
  // Playwright's routes do not apply to requests of a service worker.
  const ana = await newPerson('Ana', server, { serviceWorkers: 'block' });
  await ana.page.route('**/pkg/*.{js,wasm}', () => {
    // Never answered, so the page is not hydrated.
  });
  await signIn(ana.page, server.url, 'Ana', 'Lobby of Ana & co.');
  await send(ana.page, TEXT);
  await showsMessage(ana.page, 'Lobby of Ana & co.', 'Ana', TEXT);
  expect(ana.joinCount('Lobby of Ana & co.')).toBe(0);
});

test("the tutorial's ids and classes work after hydration", async ({ server, newPerson }) => {
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

test('a click during hydration sends the message once', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.addInitScript((text) => {
    if (sessionStorage.getItem('sent')) return;
    // Clicks as soon as the button is in the document.
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
  expect(await page.locator('#chatroom h1').textContent(), 'exact name of the room').toBe(room);
}
