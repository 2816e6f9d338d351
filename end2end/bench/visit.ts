import type { Person } from '../tests/support/person';

/** Milliseconds from the start of the navigation. */
export interface Visit {
  /** The last message was painted inside the viewport. */
  visible: number;
  /** The field and the button are hydrated. */
  writable: number;
  /** The room is joined, so that messages can be sent. */
  joined: number;
}

/** Lighthouse's phone, without a service worker. */
export const PHONE = {
  viewport: { width: 412, height: 823 },
  deviceScaleFactor: 1.75,
  isMobile: true,
  hasTouch: true,
  serviceWorkers: 'block',
} as const;

/**
 * Slow 4G: a round trip of 150 ms, 1.6 Mbit/s down and 750 kbit/s up. Chromium delays requests instead of packets, so
 * connecting would take no time. Lighthouse and DevTools compensate for that by the same factors.
 */
const SLOW_4G = {
  offline: false,
  latency: 150 * 3.75,
  downloadThroughput: (1.6 * 1024 * 1024 * 0.9) / 8,
  uploadThroughput: (750 * 1024 * 0.9) / 8,
};

const SLOW_CPU = { rate: 4 };

/** Opens a room with an empty cache, on a slow network and with a slow CPU. */
export async function visit({ page, server }: Person, room: string, last: string): Promise<Visit> {
  const browser = await page.context().newCDPSession(page);
  await browser.send('Network.enable');
  await browser.send('Network.emulateNetworkConditions', SLOW_4G);
  await browser.send('Emulation.setCPUThrottlingRate', SLOW_CPU);
  await page.addInitScript(observeVisit, last);
  await page.goto(`${server.url}/r/${room}`, { waitUntil: 'commit' });
  return page.evaluate(() => (window as unknown as { visit: Promise<Visit> }).visit);
}

/** An API of Chromium that is missing in TypeScript's DOM types. */
interface ElementTiming extends PerformanceEntry {
  element: Element | null;
  intersectionRect: DOMRectReadOnly;
  renderTime: number;
}

/** Runs in the page before its own scripts, and records the times of a `Visit`. */
function observeVisit(last: string): void {
  const visible = new Promise<number>((resolve) => {
    const observe = ({ element, intersectionRect, renderTime }: ElementTiming) => {
      if (element?.textContent?.includes(last) && intersectionRect.height > 0) resolve(renderTime);
    };
    const painted = new PerformanceObserver((list) => (list.getEntries() as ElementTiming[]).forEach(observe));
    painted.observe({ type: 'element' });
  });
  const writable = new Promise<number>((resolve) => {
    new MutationObserver(() => {
      // Chromium reports the paint of elements that have the attribute before they are painted.
      const unmarked = document.querySelectorAll('.message-text:not([elementtiming])');
      unmarked.forEach((text) => text.setAttribute('elementtiming', 'message'));
      if (document.querySelector('#chatroom.live')) resolve(performance.now());
    }).observe(document, { attributeFilter: ['class'], childList: true, subtree: true });
  });
  const joined = new Promise<number>((resolve) => {
    window.WebSocket = class extends WebSocket {
      constructor(...address: ConstructorParameters<typeof WebSocket>) {
        super(...address);
        this.addEventListener('message', ({ data }) => {
          if (JSON.parse(data).type === 'joined') resolve(performance.now());
        });
      }
    };
  });
  const visit = Promise.all([visible, writable, joined]);
  Object.assign(window, { visit: visit.then(([visible, writable, joined]) => ({ visible, writable, joined })) });
}
