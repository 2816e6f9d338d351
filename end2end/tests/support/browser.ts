import type { Page } from '@playwright/test';

/** Delays requests for a file until the returned function is called. */
export async function delayRequests(page: Page, file: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(file, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Records the paths of matching files that the page requests from now on. */
export function recordLoads(page: Page, pattern: RegExp): string[] {
  const loads: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pattern.test(pathname)) loads.push(pathname);
  });
  return loads;
}

const CHECKED = '.room-header, .scroller, .message-text, .notice, .status, .composer, .panel';

/** Finds elements that are wider than their place. The page clips overflow, so it would not scroll horizontally. */
export async function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    const elements = [...document.querySelectorAll<HTMLElement>(selector)];
    const visible = elements.filter((element) => element.checkVisibility());
    return visible.flatMap((element) => {
      const { left, right } = element.getBoundingClientRect();
      const [inside, outside] = [element.scrollWidth - element.clientWidth, Math.max(-left, right - innerWidth)];
      const name = element.className;
      return [
        inside > 0 ? `the content of ${name} is ${inside} pixels too wide` : '',
        outside > 0.5 ? `${name} is ${outside} pixels off the screen` : '',
      ].filter(Boolean);
    });
  }, CHECKED);
}
