import type { Page } from '@playwright/test';
import { numbered } from './support/bot';
import { delayRequests } from './support/browser';
import { expect, test } from './support/test';

test('hydration keeps the DOM elements that the server rendered', async ({ server, newPerson, bot }) => {
  const history = numbered('message', 60);
  await (await bot('Rui', server)).sendAll('lobby', history);
  const ana = await (await newPerson('Ana', server)).createSession();
  const documents = countDocuments(ana.page);
  const release = await delayRequests(ana.page, '**/*.wasm');
  await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'domcontentloaded' });
  await ana.seesTexts(history.slice(-50));
  await expect(ana.messages.last()).toBeInViewport();
  const marked = await mark(ana.page);
  expect(marked).toBeGreaterThan(50);
  await ana.field.focus();
  await ana.page.keyboard.type('typed before');

  release();
  await ana.hasJoined('lobby');
  expect(await countMarked(ana.page), 'number of kept elements').toBe(marked);
  await ana.seesTexts(history.slice(-50));
  await expect(ana.field, 'the typed text stays').toHaveValue('typed before');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.type(' hydration');
  await ana.page.keyboard.press('Enter');
  await ana.seesSent('typed before hydration');
  expect(await countMarked(ana.page)).toBe(marked);
  expect(documents(), 'requested documents').toEqual([`${server.url}/r/lobby`]);
});

test('the content security policy is strict and the page does not violate it', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).send('lobby', 'hello');
  const ana = await newPerson('Ana', server);
  const violations: string[] = [];
  await ana.page.exposeFunction('reportViolation', (violation: string) => violations.push(violation));
  await ana.page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      (window as unknown as { reportViolation(violation: string): void }).reportViolation(
        `${effectiveDirective} ${blockedURI}`,
      );
    });
  });
  const answer = ana.page.waitForResponse('**/r/lobby');
  await ana.signIn('lobby');
  await ana.send('hi');
  await ana.seesSent('hi');
  expect(violations).toEqual([]);
  expect(ana.consoleErrors).toEqual([]);

  const policy = (await answer).headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toMatch(/'unsafe-eval'/);
  await ana.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
  });
  expect(await ana.page.evaluate(() => 'injected' in window), 'an injected script does not run').toBe(false);
  await expect.poll(() => violations).toHaveLength(1);
  ana.consoleErrors.splice(0);
});

test('all rooms share one socket', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  const sockets: string[] = [];
  ana.page.on('websocket', (socket) => sockets.push(socket.url()));
  await ana.signIn('lobby');
  await ana.page.getByLabel('Open another room').fill('kitchen');
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await ana.hasJoined('kitchen');
  expect(sockets).toEqual([`${server.url.replace('http', 'ws')}/ws`]);
});

function countDocuments(page: Page): () => string[] {
  const urls: string[] = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'document') urls.push(request.url());
  });
  return () => urls;
}

const HYDRATED = '#chatroom, #chatroom h1, .scroller, #messages, #messages *, #rooms, #people, #msg, .send';

async function mark(page: Page): Promise<number> {
  return page.evaluate((selector) => {
    const elements = [...document.querySelectorAll(selector)];
    for (const element of elements) Object.assign(element, { marked: true });
    return elements.length;
  }, HYDRATED);
}

async function countMarked(page: Page): Promise<number> {
  return page.evaluate(
    (selector) => [...document.querySelectorAll(selector)].filter((element) => 'marked' in element).length,
    HYDRATED,
  );
}
