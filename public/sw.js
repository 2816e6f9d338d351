// The service worker: keeps what was last seen of each room, and shows it where the server cannot be reached.
//
// A page always comes from the server if it can, so no deployment is missed: a new page names the new files. Built files
// have hashed names, so the one that is kept is the one that is meant.

const PAGES = 'pages';
const FILES = 'files';
const OFFLINE = '/offline';

/** A page varies by language and cookie, which a worker's own request has otherwise than the browser's; there is one of each. */
const ANY = { ignoreVary: true };

/** The most that is kept; the oldest give way. */
const MOST = { [PAGES]: 30, [FILES]: 60 };

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(keepOffline());
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === 'POST' && /^\/api\/sign_(in|out)$/.test(pathname)) {
    // What one person has seen is nothing for the next one.
    event.waitUntil(forget(({ url }) => isRoom(url)));
  } else if (request.method === 'POST' && pathname === '/api/settings') {
    // All that is kept is in the language and the theme of before.
    event.waitUntil(forget(() => true));
  } else if (request.method !== 'GET') {
    return;
  } else if (request.mode === 'navigate') {
    event.respondWith(page(event));
  } else if (pathname.startsWith('/pkg/')) {
    event.respondWith(file(event));
  } else if (/^(?!\/api\/).*\.(svg|png|ico|webmanifest)$/.test(pathname)) {
    event.respondWith(fresh(event, FILES));
  }
});

// A page that is looked away from says where it is, so that what came by its socket is kept as well.
self.addEventListener('message', (event) => {
  // Without a network the page stays as it was kept before.
  if (isRoom(event.data)) event.waitUntil(keepRoom(event.data).catch((error) => console.info('not kept:', error.message)));
});

/** The room that a notification is about: in a window that is open, or in a new one. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function page(event) {
  const { url } = event.request;
  const { pathname, search } = new URL(url);
  const start = async () => (pathname === '/' ? lastRoom() : undefined);
  // The installed app starts in the room that was seen last, as the front page leads there where the server cannot be reached.
  return (search === '?app' && (await start())) || (await fresh(event, PAGES, roomOf(url))) || (await start()) || caches.match(OFFLINE, ANY);
}

async function lastRoom() {
  const rooms = (await (await caches.open(PAGES)).keys()).filter(({ url }) => isRoom(url));
  return rooms.length ? Response.redirect(rooms.at(-1).url) : undefined;
}

/** From the server, else as it was kept under that key; an error where it was not, but for pages. */
async function fresh(event, name, key = event.request) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (name === FILES || isRoom(request.url)) event.waitUntil(keep(name, key, response.clone()));
    if (name === PAGES && !(await caches.match(OFFLINE, ANY))) event.waitUntil(keepOffline());
    return response;
  } catch (error) {
    const kept = await caches.match(key, ANY);
    if (!kept && name === FILES) throw error;
    return kept;
  }
}

/** As it was kept, else from the server. */
async function file(event) {
  const kept = await caches.match(event.request, ANY);
  if (kept) return kept;
  const response = await fetch(event.request);
  event.waitUntil(keep(FILES, event.request, response.clone()));
  return response;
}

/** With the files that it names: on a first visit they came before this worker did, and the browser has them. */
async function keepRoom(url) {
  const response = await fetch(url);
  await keep(PAGES, roomOf(url), response.clone());
  const names = new Set((await response.text()).match(/\/pkg\/[\w.-]+/g));
  await Promise.all([...names].map(async (name) => (await caches.match(name, ANY)) ?? keep(FILES, name, await fetch(name))));
}

async function keep(name, request, response) {
  // What was redirected or refused is not what was asked for, and a form to sign in is no room.
  if (!response.ok || response.redirected || response.headers.get('cache-control') === 'no-store') return;
  const cache = await caches.open(name);
  // As the latest one, also where it was kept before.
  await cache.delete(request, ANY);
  await cache.put(request, response);
  const all = await cache.keys();
  const old = all.filter(({ url }) => new URL(url).pathname !== OFFLINE).slice(0, -MOST[name]);
  await Promise.all(old.map((request) => cache.delete(request)));
}

async function keepOffline() {
  await keep(PAGES, OFFLINE, await fetch(OFFLINE, { cache: 'no-cache' }));
}

async function forget(which) {
  const cache = await caches.open(PAGES);
  await Promise.all((await cache.keys()).filter(which).map((request) => cache.delete(request)));
}

function isRoom(url) {
  return typeof url === 'string' && /^\/r(\/|$)/.test(new URL(url, location.origin).pathname);
}

/** The address of a page without the message that it may name. Two rooms cannot be in a path, `.` and `..`. */
function roomOf(url) {
  const { pathname, searchParams } = new URL(url, location.origin);
  return pathname === '/r' ? `/r?room=${encodeURIComponent(searchParams.get('room'))}` : pathname;
}

async function open(path) {
  const [window] = await self.clients.matchAll({ type: 'window' });
  if (!window) return self.clients.openWindow(path);
  await window.focus();
  // Also where its address is this one already: that is where it was loaded, and the page changes rooms without loading.
  return window.navigate(path);
}
