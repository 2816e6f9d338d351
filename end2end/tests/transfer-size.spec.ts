import type { CDPSession } from '@playwright/test';
import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** Bytes on the wire, with headers. */
const MOST = 200_000;

interface Load {
  path: string;
  type: string;
  encoding: string;
  bytes: number;
}

test('a first visit of a room with 50 messages is light', async ({ server, invite, bot }) => {
  await (await bot('Rui', server)).sayAll('lobby', numbered('A message of ordinary length, as people write them,', 50));
  const ana = await (await invite('Ana', server)).hasSession();
  const loads = await watch(ana);
  await ana.goTo('lobby');
  await ana.isIn('lobby');
  await ana.page.waitForLoadState('networkidle');
  await weigh('the room', ana, loads, ['Document', 'Stylesheet', 'Script', 'Wasm']);
});

test('a first visit of the sign-in page, with what it fetches ahead, is light', async ({ server, invite }) => {
  const ana = await invite('Ana', server);
  const loads = await watch(ana);
  await ana.page.goto(server.url);
  await ana.page.waitForLoadState('networkidle');
  await weigh('the sign-in page', ana, loads, ['Document', 'Stylesheet']);

  const ahead = loads.splice(0).map(({ path }) => path);
  await ana.fillIn('lobby');
  await ana.isIn('lobby');
  const again = loads.filter(({ path }) => path.startsWith('/pkg/') && ahead.includes(path));
  expect(again.map(({ type }) => type)).toContain('Wasm');
  expect(sum(again), 'bytes that were fetched a second time').toBe(0);
});

async function watch(person: Person): Promise<Load[]> {
  const network: CDPSession = await person.page.context().newCDPSession(person.page);
  const loads: Load[] = [];
  const known = new Map<string, Load>();
  network.on('Network.responseReceived', ({ requestId, type, response }) => {
    const encoding = response.headers['content-encoding'] ?? response.headers['Content-Encoding'] ?? '';
    const kind = response.mimeType === 'application/wasm' ? 'Wasm' : type;
    known.set(requestId, { path: new URL(response.url).pathname, type: kind, encoding, bytes: 0 });
  });
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const load = known.get(requestId);
    if (load) loads.push(Object.assign(load, { bytes: encodedDataLength }));
  });
  await network.send('Network.enable');
  return loads;
}

async function weigh(what: string, person: Person, loads: Load[], types: string[]): Promise<void> {
  const all = [...loads, ...(await icons(person))];
  console.log(all.map(({ bytes, encoding, path }) => `${String(bytes).padStart(9)}  ${path} ${encoding}`).join('\n'));
  console.log(`${String(sum(all)).padStart(9)}  ${what}, of ${MOST} bytes at most`);
  expect(loads.map(({ type }) => type)).toEqual(expect.arrayContaining(types));
  for (const { path, type, encoding } of loads.filter(({ type }) => types.includes(type))) {
    expect(encoding, `${path} (${type}) is compressed`).toBe('br');
  }
  expect(sum(all)).toBeLessThanOrEqual(MOST);
}

/** Chromium loads icons out of sight of its own protocol. */
async function icons({ page }: Person): Promise<Load[]> {
  const links = await page
    .locator('link[rel=icon]')
    .evaluateAll((links) => links.map((link) => (link as HTMLLinkElement).href));
  return Promise.all(
    links.map(async (url) => {
      const answer = await page.request.get(url, { headers: { 'accept-encoding': 'br' } });
      expect(answer.ok(), `${url} is there`).toBe(true);
      const { 'content-length': bytes, 'content-encoding': encoding = '' } = answer.headers();
      return { path: new URL(url).pathname, type: 'Icon', encoding, bytes: Number(bytes) };
    }),
  );
}

function sum(loads: Load[]): number {
  return loads.reduce((total, { bytes }) => total + bytes, 0);
}
