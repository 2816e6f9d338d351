import type { Page } from '@playwright/test';

/** Lets a file wait until the answer is called. */
export async function delayRequests(page: Page, file: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(file, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** The parts of the program that the page asks for from now on, by their name. */
export function recordLoads(page: Page, pattern: RegExp): string[] {
  const loads: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pattern.test(pathname)) loads.push(pathname);
  });
  return loads;
}

const PARTS = '.room-header, .scroller, .message-text, .notice, .status, .composer, .panel';

/** What does not fit. The page as a whole cannot tell, since it cuts off what sticks out of it. */
export async function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate((parts) => {
    const seen = [...document.querySelectorAll<HTMLElement>(parts)].filter((part) => part.checkVisibility());
    return seen.flatMap((part) => {
      const { left, right } = part.getBoundingClientRect();
      const [inside, outside] = [part.scrollWidth - part.clientWidth, Math.max(-left, right - innerWidth)];
      const name = part.className;
      return [
        inside > 0 ? `what is in ${name} is ${inside} pixels too wide` : '',
        outside > 0.5 ? `${name} is ${outside} pixels off the screen` : '',
      ].filter(Boolean);
    });
  }, PARTS);
}
