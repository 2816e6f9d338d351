import type { Page } from '@playwright/test';
import { numbered } from './support/bot';
import { holdBack } from './support/browser';
import { expect, test } from './support/test';

test('the browser takes over the very page that the server rendered', async ({ server, invite, bot }) => {
  const history = numbered('message', 60);
  await (await bot('Rui', server)).sayAll('lobby', history);
  const ana = await (await invite('Ana', server)).hasSession();
  const documents = countDocuments(ana.page);
  const release = await holdBack(ana.page, '**/*.wasm');
  await ana.page.goto(`${server.url}/r/lobby`, { waitUntil: 'domcontentloaded' });
  await ana.reads(history.slice(-50));
  await expect(ana.messages.last()).toBeInViewport();
  const marked = await mark(ana.page);
  expect(marked).toBeGreaterThan(50);
  await ana.field.focus();
  await ana.page.keyboard.type('typed before the');

  release();
  await ana.isIn('lobby');
  expect(await countMarked(ana.page), 'the elements are the same ones').toBe(marked);
  await ana.reads(history.slice(-50));
  await expect(ana.field, 'what was typed stays').toHaveValue('typed before the');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.type(' browser took over');
  await ana.page.keyboard.press('Enter');
  await ana.hasSettled('typed before the browser took over');
  expect(await countMarked(ana.page)).toBe(marked);
  expect(documents(), 'documents that were requested').toEqual([`${server.url}/r/lobby`]);
});

test('a visit violates no content security policy, and the policy is strict', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).say('lobby', 'hello');
  const ana = await invite('Ana', server);
  const violations: string[] = [];
  await ana.page.exposeFunction('tellViolation', (violation: string) => violations.push(violation));
  await ana.page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      (window as unknown as { tellViolation(violation: string): void }).tellViolation(
        `${effectiveDirective} ${blockedURI}`,
      );
    });
  });
  const answer = ana.page.waitForResponse('**/r/lobby');
  await ana.signIn('lobby');
  await ana.say('hi');
  await ana.hasSettled('hi');
  expect(violations).toEqual([]);
  expect(ana.complaints).toEqual([]);

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
  ana.complaints.splice(0);
});

test('every room is on one socket', async ({ server, invite }) => {
  const ana = await invite('Ana', server);
  const sockets: string[] = [];
  ana.page.on('websocket', (socket) => sockets.push(socket.url()));
  await ana.signIn('lobby');
  await ana.page.getByLabel('Open another room').fill('kitchen');
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await ana.isIn('kitchen');
  expect(sockets).toEqual([`${server.url.replace('http', 'ws')}/ws`]);
});

function countDocuments(page: Page): () => string[] {
  const urls: string[] = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'document') urls.push(request.url());
  });
  return () => urls;
}

const PARTS = '#chatroom, #chatroom h1, .scroller, #messages, #messages *, #rooms, #people, #msg, .send';

async function mark(page: Page): Promise<number> {
  return page.evaluate((parts) => {
    const elements = [...document.querySelectorAll(parts)];
    for (const element of elements) Object.assign(element, { marked: true });
    return elements.length;
  }, PARTS);
}

async function countMarked(page: Page): Promise<number> {
  return page.evaluate(
    (parts) => [...document.querySelectorAll(parts)].filter((element) => 'marked' in element).length,
    PARTS,
  );
}
