import type { CDPSession } from '@playwright/test';
import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** Maximum bytes on the wire, with headers. */
const LIMIT = 200_000;

interface Transfer {
  path: string;
  type: string;
  encoding: string;
  bytes: number;
}

test('a first visit of a room with 50 messages transfers at most 200,000 bytes', async ({ server, newPerson, bot }) => {
  const messages = numbered('A message of ordinary length, as people write them,', 50);
  await (await bot('Rui', server)).sendAll('lobby', messages);
  const ana = await (await newPerson('Ana', server)).createSession();
  const transfers = await recordTransfers(ana);
  await ana.goToRoom('lobby');
  await ana.hasJoined('lobby');
  await ana.page.waitForLoadState('networkidle');
  await checkSize('the room', ana, transfers, ['Document', 'Stylesheet', 'Script', 'Wasm']);
});

test('a first visit of the sign-in page, with prefetches, transfers at most 200,000 bytes', async ({
  server,
  newPerson,
}) => {
  const ana = await newPerson('Ana', server);
  const transfers = await recordTransfers(ana);
  await ana.page.goto(server.url);
  await ana.page.waitForLoadState('networkidle');
  await checkSize('the sign-in page', ana, transfers, ['Document', 'Stylesheet']);

  const prefetched = transfers.splice(0).map(({ path }) => path);
  await ana.submitSignIn('lobby');
  await ana.hasJoined('lobby');
  const repeated = transfers.filter(({ path }) => path.startsWith('/pkg/') && prefetched.includes(path));
  expect(repeated.map(({ type }) => type)).toContain('Wasm');
  expect(sum(repeated), 'bytes transferred again for prefetched files').toBe(0);
});

async function recordTransfers(person: Person): Promise<Transfer[]> {
  const network: CDPSession = await person.page.context().newCDPSession(person.page);
  const transfers: Transfer[] = [];
  const known = new Map<string, Transfer>();
  network.on('Network.responseReceived', ({ requestId, type, response }) => {
    const encoding = response.headers['content-encoding'] ?? response.headers['Content-Encoding'] ?? '';
    const kind = response.mimeType === 'application/wasm' ? 'Wasm' : type;
    known.set(requestId, { path: new URL(response.url).pathname, type: kind, encoding, bytes: 0 });
  });
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const transfer = known.get(requestId);
    if (transfer) transfers.push(Object.assign(transfer, { bytes: encodedDataLength }));
  });
  await network.send('Network.enable');
  return transfers;
}

async function checkSize(page: string, person: Person, transfers: Transfer[], types: string[]): Promise<void> {
  const all = [...transfers, ...(await icons(person))];
  console.log(all.map(({ bytes, encoding, path }) => `${String(bytes).padStart(9)}  ${path} ${encoding}`).join('\n'));
  console.log(`${String(sum(all)).padStart(9)}  ${page}, of ${LIMIT} bytes at most`);
  expect(transfers.map(({ type }) => type)).toEqual(expect.arrayContaining(types));
  for (const { path, type, encoding } of transfers.filter(({ type }) => types.includes(type))) {
    expect(encoding, `${path} (${type}) is compressed`).toBe('br');
  }
  expect(sum(all)).toBeLessThanOrEqual(LIMIT);
}

/** Chromium does not report the transfer of icons. */
async function icons({ page }: Person): Promise<Transfer[]> {
  const links = await page
    .locator('link[rel=icon]')
    .evaluateAll((links) => links.map((link) => (link as HTMLLinkElement).href));
  return Promise.all(
    links.map(async (url) => {
      const answer = await page.request.get(url, { headers: { 'accept-encoding': 'br' } });
      expect(answer.ok(), `status of ${url}`).toBe(true);
      const { 'content-length': bytes, 'content-encoding': encoding = '' } = answer.headers();
      return { path: new URL(url).pathname, type: 'Icon', encoding, bytes: Number(bytes) };
    }),
  );
}

function sum(transfers: Transfer[]): number {
  return transfers.reduce((total, { bytes }) => total + bytes, 0);
}
