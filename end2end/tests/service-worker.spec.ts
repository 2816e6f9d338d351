import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Person } from './support/person';
import { BUILD, type Build } from './support/server';
import { CONNECTION_LOST, expect, test } from './support/test';

test.use({ forgives: new RegExp(`${CONNECTION_LOST.source}|ERR_(CONNECTION_REFUSED|FAILED)`) });

test('what was last seen of a room shows without the server, and goes on when it is back', async ({ server, invite }) => {
  const [ana, rui] = [await invite('Ana', server), await invite('Rui', server)];
  await ana.signIn('lobby');
  await isInstalled(ana.page);
  await rui.signIn('lobby');
  await rui.say('seen by the socket alone');
  await ana.reads(['seen by the socket alone']);
  await looksAway(ana.page);
  await server.kill();

  await ana.page.reload();
  await ana.reads(['seen by the socket alone']);
  await expect(ana.banner).toBeVisible();
  await ana.say('written meanwhile');
  await server.startAgain();
  await ana.hasSettled('written meanwhile');
  await rui.reads(['seen by the socket alone', 'written meanwhile']);
});

test('the installed app starts at the room that was seen last; another room says what to do', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await isInstalled(ana.page);
  await looksAway(ana.page);
  await server.kill();

  await ana.page.goto(server.url);
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
  await ana.goTo('elsewhere');
  await expect(ana.page.locator('h1')).toHaveText('You are offline');
  await server.startAgain();
  await ana.page.getByRole('link', { name: 'Try again' }).click();
  await ana.isIn('elsewhere');
});

test('the installed app starts at the room that was seen last, and a link into a room keeps one page', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await isInstalled(ana.page);
  await ana.say('one');
  await ana.hasSettled('one');
  await ana.page.goto(`${server.url}/r/lobby?at=1`);
  await ana.isIn('lobby');
  await looksAway(ana.page);
  await expect.poll(() => kept(ana.page)).toEqual(['/r/lobby']);
  await ana.page.goto(server.url + (await startOf(ana.page, server.url)));
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
  await ana.isIn('lobby');

  await ana.page.context().clearCookies();
  await ana.goTo('lobby');
  await expect(ana.page.locator('#name'), 'the session is over').toBeVisible();
  await server.kill();
  for (const query of ['', '?at=1']) {
    await ana.page.goto(`${server.url}/r/lobby${query}`);
    await ana.reads(['one']);
  }
});

test('rooms that no path can name are kept apart', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('.');
  await isInstalled(ana.page);
  await looksAway(ana.page);
  await ana.open('..');
  await ana.isIn('..');
  await looksAway(ana.page);
  await expect.poll(() => kept(ana.page)).toEqual(['/r', '/r']);
  await server.kill();
  for (const room of ['.', '..']) {
    await ana.page.goto(`${server.url}/r?room=${room}`);
    await expect(ana.page.locator('#chatroom h1')).toHaveText(room);
  }
});

test('nothing that was seen outlives the sign-out', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await isInstalled(ana.page);
  await looksAway(ana.page);
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  await expect(ana.page.getByAltText('QR code of the link')).toHaveJSProperty('complete', true);
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page.locator('#name')).toBeVisible();
  await expect.poll(() => kept(ana.page)).toEqual([]);
  expect((await kept(ana.page, 'files')).filter((path) => !/^\/(pkg\/|[\w-]+\.\w+$)/.test(path))).toEqual([]);
  await server.kill();
  await ana.goTo('lobby');
  await expect(ana.page.locator('h1')).toHaveText('You are offline');
});

test('a deployment is never hidden by what is kept', async ({ start, invite }) => {
  const server = await start();
  const ana: Person = await (await invite('Ana', server)).signIn('lobby');
  await isInstalled(ana.page);
  await looksAway(ana.page);
  const before = await stylesheet(ana.page);
  await server.stop();

  const folder = await mkdtemp(join(tmpdir(), 'sala-next-'));
  await server.startAgain(await nextBuild(folder, before));
  await ana.page.reload();
  await ana.isIn('lobby');
  expect(await stylesheet(ana.page)).toMatch(/\.next\.css$/);
  const color = await ana.page.evaluate(() => getComputedStyle(document.body).outlineColor);
  expect(color, 'of the new stylesheet').toBe('rgb(1, 2, 3)');
  await rm(folder, { recursive: true });
});

test('it can be installed', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const network = await ana.page.context().newCDPSession(ana.page);
  await isInstalled(ana.page);
  const { errors } = await network.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await network.send('Page.getInstallabilityErrors');
  // A browser window without a profile installs nothing.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

/** The service worker serves this page. */
async function isInstalled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
}

/** As when another tab comes to the front; the worker has kept the page then. */
async function looksAway(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
  });
  await expect.poll(() => kept(page)).toContain(new URL(page.url()).pathname);
  await expect.poll(() => kept(page, 'files')).toContain(await stylesheet(page));
}

/** Where the installed app starts. */
async function startOf(page: Page, url: string): Promise<string> {
  const manifest = await page.request.get(`${url}/manifest.webmanifest`);
  return (await manifest.json()).start_url;
}

async function kept(page: Page, name = 'pages'): Promise<string[]> {
  const urls = await page.evaluate(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url), name);
  return urls.map((url) => new URL(url).pathname).filter((path) => path !== '/offline');
}

async function stylesheet(page: Page): Promise<string> {
  return page.locator('link[rel=stylesheet]').evaluate((link: HTMLLinkElement) => new URL(link.href).pathname);
}

/** The same build with another stylesheet, and so another name for it. */
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
