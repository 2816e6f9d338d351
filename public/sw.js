// The service worker. Caches the latest visited page of each room and serves it offline.
//
// Pages are requested from the server first, so a deployment takes effect at once: a new page names the new files.
// Built files have hashed names, so a cached file is never outdated.

const PAGES = 'pages';
const FILES = 'files';
const OFFLINE = '/offline';

/** Ignores `Vary`: the worker's requests have other headers than the browser's, and one copy per URL is cached. */
const IGNORE_VARY = { ignoreVary: true };

/** Maximum entries per cache. The oldest are evicted. */
const MAX_ENTRIES = { [PAGES]: 30, [FILES]: 60 };

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(storeOfflinePage());
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === 'POST' && /^\/api\/sign_(in|out)$/.test(pathname)) {
    // Deletes the cached rooms at sign-in and sign-out, because the next person may not see them.
    event.waitUntil(deleteMatching(({ url }) => isRoom(url)));
  } else if (request.method === 'POST' && pathname === '/api/settings') {
    // The cached pages have the old language and theme.
    event.waitUntil(deleteMatching(() => true));
  } else if (request.method !== 'GET') {
    return;
  } else if (request.mode === 'navigate') {
    event.respondWith(respondWithPage(event));
  } else if (pathname.startsWith('/pkg/')) {
    event.respondWith(cacheFirst(event));
  } else if (/^(?!\/api\/).*\.(svg|png|ico|webmanifest)$/.test(pathname)) {
    event.respondWith(networkFirst(event, FILES));
  }
});

// A page that becomes hidden posts its URL. The worker then caches a fresh copy, which includes the events that the
// page received by its socket.
self.addEventListener('message', (event) => {
  if (!isRoom(event.data)) return;
  // Without a network the earlier copy stays in the cache.
  event.waitUntil(storeRoom(event.data).catch((error) => console.info('not cached:', error.message)));
});

/** Opens the room of the notification, in an open window or in a new one. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openWindow(event.notification.data));
});

async function respondWithPage(event) {
  const { url } = event.request;
  const { pathname, search } = new URL(url);
  const start = async () => (pathname === '/' ? lastRoom() : undefined);
  // The installed app starts in the room that was visited last. Offline, the sign-in page leads there, too.
  return (
    (search === '?app' && (await start())) ||
    (await networkFirst(event, PAGES, cacheKeyOf(url))) ||
    (await start()) ||
    caches.match(OFFLINE, IGNORE_VARY)
  );
}

async function lastRoom() {
  const rooms = (await (await caches.open(PAGES)).keys()).filter(({ url }) => isRoom(url));
  return rooms.length ? Response.redirect(rooms.at(-1).url) : undefined;
}

/** Network first, then the cache entry of `key`. Without one, a page is `undefined` and a file is an error. */
async function networkFirst(event, name, key = event.request) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (name === FILES || isRoom(request.url)) event.waitUntil(store(name, key, response.clone()));
    if (name === PAGES && !(await caches.match(OFFLINE, IGNORE_VARY))) event.waitUntil(storeOfflinePage());
    return response;
  } catch (error) {
    const cached = await caches.match(key, IGNORE_VARY);
    if (!cached && name === FILES) throw error;
    return cached;
  }
}

/** Cache first, then the network. */
async function cacheFirst(event) {
  const cached = await caches.match(event.request, IGNORE_VARY);
  if (cached) return cached;
  const response = await fetch(event.request);
  event.waitUntil(store(FILES, event.request, response.clone()));
  return response;
}

/** Also stores the files that the page names. On a first visit they were loaded before the worker started. */
async function storeRoom(url) {
  const response = await fetch(url);
  await store(PAGES, cacheKeyOf(url), response.clone());
  const names = new Set((await response.text()).match(/\/pkg\/[\w.-]+/g));
  const storeMissing = async (name) => (await caches.match(name, IGNORE_VARY)) ?? store(FILES, name, await fetch(name));
  await Promise.all([...names].map(storeMissing));
}

async function store(name, request, response) {
  // Does not cache redirects, errors or `no-store`, such as the sign-in form in place of a room.
  if (!response.ok || response.redirected || response.headers.get('cache-control') === 'no-store') return;
  const cache = await caches.open(name);
  // Deletes the entry first, so that it becomes the newest one.
  await cache.delete(request, IGNORE_VARY);
  await cache.put(request, response);
  const all = await cache.keys();
  const evicted = all.filter(({ url }) => new URL(url).pathname !== OFFLINE).slice(0, -MAX_ENTRIES[name]);
  await Promise.all(evicted.map((request) => cache.delete(request)));
}

async function storeOfflinePage() {
  await store(PAGES, OFFLINE, await fetch(OFFLINE, { cache: 'no-cache' }));
}

async function deleteMatching(predicate) {
  const cache = await caches.open(PAGES);
  await Promise.all((await cache.keys()).filter(predicate).map((request) => cache.delete(request)));
}

function isRoom(url) {
  return typeof url === 'string' && /^\/r(\/|$)/.test(new URL(url, location.origin).pathname);
}

/** The URL of a room's page without `?at=`. The rooms `.` and `..` cannot be in a path. */
function cacheKeyOf(url) {
  const { pathname, searchParams } = new URL(url, location.origin);
  return pathname === '/r' ? `/r?room=${encodeURIComponent(searchParams.get('room'))}` : pathname;
}

async function openWindow(path) {
  const [window] = await self.clients.matchAll({ type: 'window' });
  if (!window) return self.clients.openWindow(path);
  await window.focus();
  // Navigates even if `window.url` is equal, because it may be the address at which the page was loaded, and the page
  // changes rooms without loading.
  return window.navigate(path);
}
