import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Person } from './support/person';
import { BUILD, type Build } from './support/server';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ allowedErrors: new RegExp(`${CONNECTION_LOST.source}|ERR_(CONNECTION_REFUSED|FAILED)`) });

test('a cached room is shown without the server and reconnects when the server returns', async ({
  server,
  newPerson,
}) => {
  const [ana, rui] = [await newPerson('Ana', server), await newPerson('Rui', server)];
  await ana.signIn('lobby');
  await isControlled(ana.page);
  await rui.signIn('lobby');
  await rui.send('received by the socket only');
  await ana.seesTexts(['received by the socket only']);
  await hideTab(ana.page);
  await server.kill();

  await ana.page.reload();
  await ana.seesTexts(['received by the socket only']);
  await expect(ana.banner).toBeVisible();
  await ana.send('written offline');
  await server.restart();
  await ana.seesSent('written offline');
  await rui.seesTexts(['received by the socket only', 'written offline']);
});

test('offline, the app starts in the last room, and other rooms show the offline page', async ({
  server,
  newPerson,
}) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await isControlled(ana.page);
  await hideTab(ana.page);
  await server.kill();

  await ana.page.goto(server.url);
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
  await ana.goToRoom('elsewhere');
  await expect(ana.page.locator('h1')).toHaveText('You are offline');
  await server.restart();
  await ana.page.getByRole('link', { name: 'Try again' }).click();
  await ana.hasJoined('elsewhere');
});

test('the app starts in the last room, and a link to a message caches the same page as the room', async ({
  server,
  newPerson,
}) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await isControlled(ana.page);
  await ana.send('one');
  await ana.seesSent('one');
  await ana.page.goto(`${server.url}/r/lobby?at=1`);
  await ana.hasJoined('lobby');
  await hideTab(ana.page);
  await expect.poll(() => cachedPaths(ana.page)).toEqual(['/r/lobby']);
  await ana.page.goto(server.url + (await startUrl(ana.page, server.url)));
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
  await ana.hasJoined('lobby');

  await ana.page.context().clearCookies();
  await ana.goToRoom('lobby');
  await expect(ana.page.locator('#name'), 'the session is over').toBeVisible();
  await server.kill();
  for (const query of ['', '?at=1']) {
    await ana.page.goto(`${server.url}/r/lobby${query}`);
    await ana.seesTexts(['one']);
  }
});

test('the rooms `.` and `..` are cached separately', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('.');
  await isControlled(ana.page);
  await hideTab(ana.page);
  await ana.openRoom('..');
  await ana.hasJoined('..');
  await hideTab(ana.page);
  await expect.poll(() => cachedPaths(ana.page)).toEqual(['/r', '/r']);
  await server.kill();
  for (const room of ['.', '..']) {
    await ana.page.goto(`${server.url}/r?room=${room}`);
    await expect(ana.page.locator('#chatroom h1')).toHaveText(room);
  }
});

test('sign-out deletes the cached rooms', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await isControlled(ana.page);
  await hideTab(ana.page);
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  await expect(ana.page.getByAltText('QR code of the link')).toHaveJSProperty('complete', true);
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page.locator('#name')).toBeVisible();
  await expect.poll(() => cachedPaths(ana.page)).toEqual([]);
  expect((await cachedPaths(ana.page, 'files')).filter((path) => !/^\/(pkg\/|[\w-]+\.\w+$)/.test(path))).toEqual([]);
  await server.kill();
  await ana.goToRoom('lobby');
  await expect(ana.page.locator('h1')).toHaveText('You are offline');
});

test('cached files do not hide a deployment', async ({ startServer, newPerson }) => {
  const server = await startServer();
  const ana: Person = await (await newPerson('Ana', server)).signIn('lobby');
  await isControlled(ana.page);
  await hideTab(ana.page);
  const before = await stylesheet(ana.page);
  await server.stop();

  const folder = await mkdtemp(join(tmpdir(), 'sala-next-'));
  await server.restart(await nextBuild(folder, before));
  await ana.page.reload();
  await ana.hasJoined('lobby');
  expect(await stylesheet(ana.page)).toMatch(/\.next\.css$/);
  const color = await ana.page.evaluate(() => getComputedStyle(document.body).outlineColor);
  expect(color, 'color of the new stylesheet').toBe('rgb(1, 2, 3)');
  await rm(folder, { recursive: true });
});

test('the app can be installed', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const network = await ana.page.context().newCDPSession(ana.page);
  await isControlled(ana.page);
  const { errors } = await network.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await network.send('Page.getInstallabilityErrors');
  // Playwright's browser contexts are incognito windows, which cannot install.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

/** The service worker controls this page. */
async function isControlled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
}

/** Simulates a switch to another tab, and waits until the worker has cached the page. */
async function hideTab(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
  });
  await expect.poll(() => cachedPaths(page)).toContain(new URL(page.url()).pathname);
  await expect.poll(() => cachedPaths(page, 'files')).toContain(await stylesheet(page));
}

/** The address at which the installed app starts. */
async function startUrl(page: Page, url: string): Promise<string> {
  const manifest = await page.request.get(`${url}/manifest.webmanifest`);
  return (await manifest.json()).start_url;
}

async function cachedPaths(page: Page, name = 'pages'): Promise<string[]> {
  const urls = await page.evaluate(async (name) => {
    const requests = await (await caches.open(name)).keys();
    return requests.map(({ url }) => url);
  }, name);
  return urls.map((url) => new URL(url).pathname).filter((path) => path !== '/offline');
}

async function stylesheet(page: Page): Promise<string> {
  return page.locator('link[rel=stylesheet]').evaluate((link: HTMLLinkElement) => new URL(link.href).pathname);
}

/** Copies the build and gives the stylesheet another content and name. */
async function nextBuild(folder: string, stylesheet: string): Promise<Build> {
  const next = { binary: join(folder, 'server'), site: join(folder, 'site') };
  await cp(BUILD.binary, next.binary);
  await cp(BUILD.site, next.site, { recursive: true });
  for (const kind of ['', '.br', '.gz']) await rm(join(next.site, stylesheet + kind), { force: true });
  const name = stylesheet.replace(/\.[\w-]+\.css$/, '.next.css');
  await writeFile(join(next.site, name), 'body { outline-color: rgb(1, 2, 3) }');
  const hashes = await readFile(join(dirname(BUILD.binary), 'hash.txt'), 'utf8');
  await writeFile(join(folder, 'hash.txt'), hashes.replace(/^css: .*$/m, 'css: next'));
  return next;
}
