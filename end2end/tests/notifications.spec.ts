import type { Page, Worker } from '@playwright/test';
import { recordLoads } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** The chunk of mentions, as `cargo leptos --split` names it. */
const MENTION_CHUNK = /\/pkg\/split_mention[^/]*\.wasm$/;

interface Recorded {
  asked: number;
  shown: { title: string; body: string; click: () => void }[];
}

declare global {
  interface Window {
    recorded: Recorded;
    toneCount: number;
  }
}

test('the first mention asks for permission, and the next one notifies', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await newPerson('Ana', server);
  const loads = recordLoads(ana.page, MENTION_CHUNK);
  await mockNotifications(ana.page);
  await ana.signIn('lobby');
  await rui.send('lobby', 'hello @Ana, while you read this');
  await rui.send('lobby', 'hello');
  await expect(ana.message('hello')).toBeVisible();
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await rui.send('lobby', 'hello again');
  await expect(ana.page.locator('.unread')).toHaveCount(1);
  expect(loads, 'nothing is loaded before the first unread mention').toEqual([]);

  await rui.send('lobby', '@Ana?');
  const notify = ana.notices.getByRole('button', { name: 'Notify me' });
  await expect(notify).toBeVisible();
  await rui.send('lobby', '@Ana??');
  await expect(ana.page.locator('.mention')).toHaveText(/3/);
  await expect(notify).toHaveCount(1);
  expect(await recordedNotifications(ana)).toEqual({ asked: 0, shown: [] });
  await notify.click();
  await expect(notify).toBeHidden();
  expect((await recordedNotifications(ana)).asked).toBe(1);

  await setHidden(ana.page, true);
  await rui.send('lobby', 'no news');
  await rui.send('lobby', 'look, @ana');
  const news = { title: 'Rui mentions you in lobby', body: 'look, @ana' };
  await expect.poll(async () => (await recordedNotifications(ana)).shown).toEqual([news]);
  await ana.page.evaluate(() => window.recorded.shown[0]?.click());
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  expect(loads).toHaveLength(1);
});

test('a person who answers Not now is not asked again', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await newPerson('Ana', server);
  await openAnotherRoom(ana);
  await rui.send('lobby', '@Ana?');
  await ana.notices.getByRole('button', { name: 'Not now' }).click();
  await expect(ana.notices.getByRole('button')).toHaveCount(0);
  await expect(ana.field).toBeFocused();

  await ana.page.reload();
  await expect(ana.page.locator('.mention')).toHaveText(/1/);
  const loaded = ana.page.waitForResponse(MENTION_CHUNK);
  await rui.send('lobby', '@Ana!');
  await (await loaded).finished();
  await expect(ana.page.locator('.mention')).toHaveText(/2/);
  await ana.send('I am here');
  await ana.seesSent('I am here');
  await expect(ana.notices.getByRole('button')).toHaveCount(0);
  expect((await recordedNotifications(ana)).asked).toBe(0);
});

test('notifications and sound can be switched on and off', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await newPerson('Ana', server);
  await openAnotherRoom(ana);
  await countTones(ana.page);
  const choices = ana.page.getByRole('dialog', { name: 'Notifications' });
  await ana.page.getByRole('button', { name: 'Notifications' }).click();
  const [notifications, sound] = [choices.getByLabel('Notify me'), choices.getByLabel('sound')];
  await expect(notifications).not.toBeChecked();
  await expect(sound, 'sound is off by default').not.toBeChecked();
  await notifications.check();
  expect((await recordedNotifications(ana)).asked).toBe(1);
  await sound.check();
  await expect.poll(() => toneCount(ana), 'the setting plays a sample').toBe(1);
  await ana.page.keyboard.press('Escape');
  await rui.send('lobby', '@Ana?');
  await expect.poll(() => toneCount(ana)).toBe(2);
  await setHidden(ana.page, true);
  await rui.send('lobby', '@Ana!');
  await expect.poll(async () => (await recordedNotifications(ana)).shown).toHaveLength(1);
  await setHidden(ana.page, false);

  await ana.page.getByRole('button', { name: 'Notifications' }).click();
  await notifications.uncheck();
  await sound.uncheck();
  await ana.page.keyboard.press('Escape');
  const before = await toneCount(ana);
  await setHidden(ana.page, true);
  await rui.send('lobby', '@Ana, still there?');
  await expect(ana.page.locator('.mention')).toHaveText(/3/);
  await expect(ana.notices.getByRole('button'), 'a person who has chosen is not asked').toHaveCount(0);
  expect((await recordedNotifications(ana)).shown).toHaveLength(1);
  expect(await toneCount(ana)).toBe(before);
});

test('notifies by the service worker if the page may not', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const ana = await newPerson('Ana', server);
  await ana.page.addInitScript(() => {
    const shown: unknown[] = [];
    class Forbidden {
      static permission = 'granted';

      constructor() {
        throw new TypeError('Illegal constructor');
      }
    }
    ServiceWorkerRegistration.prototype.showNotification = async (title, options) =>
      void shown.push([title, options?.data]);
    Object.assign(window, { Notification: Forbidden, shown });
  });
  await ana.signIn('a room');
  await setHidden(ana.page, true);
  await rui.send('a room', '@Ana!');
  const shown = () => ana.page.evaluate(() => (window as never as { shown: unknown[] }).shown);
  await expect.poll(shown).toEqual([['Rui mentions you in a room', '/r/a%20room']]);
});

test('a click on a notification of the service worker opens its room', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const worker = await workerOf(ana.page);
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await ana.field.fill('a draft');
  for (const room of ['lobby', 'kitchen']) {
    expect(await click(worker, `/r/${room}`)).toEqual([]);
    await expect(ana.page).toHaveURL(`${server.url}/r/${room}`);
    await ana.hasJoined(room);
  }
  await expect(ana.field).toHaveValue('a draft');
  await ana.page.goto('about:blank');
  // The worker still has the window for a moment, and a window that is gone never finishes a navigation.
  await expect.poll(() => windowCount(worker)).toBe(0);
  expect(await click(worker, '/r/lobby'), 'a window is opened if there is none').toEqual(['/r/lobby']);
});

async function workerOf(page: Page): Promise<Worker> {
  await expect.poll(() => page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
  const [worker] = page.context().serviceWorkers();
  return worker ?? page.context().waitForEvent('serviceworker');
}

async function windowCount(worker: Worker): Promise<number> {
  return worker.evaluate(async () => {
    const { clients } = globalThis as never as { clients: { matchAll(): Promise<unknown[]> } };
    return (await clients.matchAll()).length;
  });
}

/**
 * Dispatches a click on a notification with that path. Returns the paths of the opened windows. Focus and opening are
 * mocked, because browsers allow them only after a real click.
 */
async function click(worker: Worker, path: string): Promise<string[]> {
  return worker.evaluate(async (path) => {
    const { WindowClient, clients } = globalThis as never as { WindowClient: { prototype: object }; clients: object };
    const opened: string[] = [];
    Object.assign(clients, { openWindow: async (path: string) => void opened.push(path) });
    Object.assign(WindowClient.prototype, { focus: async () => {} });
    // The specification and Firefox return the address at which the page was loaded, Chromium the current one.
    Object.defineProperty(WindowClient.prototype, 'url', { value: `${location.origin}/r/lobby`, configurable: true });
    let done: unknown;
    const notification = { data: path, close() {} };
    const waitUntil = (promise: unknown) => (done = promise);
    dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }));
    await done;
    return opened;
  }, path);
}

/** Joins two rooms and shows the kitchen. */
async function openAnotherRoom(person: Person): Promise<void> {
  await mockNotifications(person.page);
  await person.signIn('lobby');
  await person.openRoom('kitchen');
  await person.hasJoined('kitchen');
}

/** Counts the played tones from now on. */
async function countTones(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { start } = OscillatorNode.prototype;
    window.toneCount = 0;
    OscillatorNode.prototype.start = function (...args) {
      window.toneCount++;
      start.apply(this, args);
    };
  });
}

async function toneCount({ page }: Person): Promise<number> {
  return page.evaluate(() => window.toneCount);
}

/** Mocks `Notification`, because headless Chromium shows none and denies permission. */
async function mockNotifications(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.recorded = { asked: 0, shown: [] };
    class Recorder {
      static permission = 'default';
      onclick: (() => void) | null = null;

      constructor(title: string, { body = '' }: NotificationOptions) {
        window.recorded.shown.push({ title, body, click: () => this.onclick?.() });
      }

      static async requestPermission() {
        window.recorded.asked++;
        return (Recorder.permission = 'granted');
      }

      close() {}
    }
    Object.assign(window, { Notification: Recorder });
  });
}

async function recordedNotifications({ page }: Person) {
  return page.evaluate(() => ({
    asked: window.recorded.asked,
    shown: window.recorded.shown.map(({ title, body }) => ({ title, body })),
  }));
}

async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden);
}
