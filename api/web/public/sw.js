// Keeps the shell of the page, so that a node that does not run is told of in the page's own words. The node always comes first: what is
// kept is shown only where it does not answer at all. Nothing of the API is ever kept, and the shell holds nothing of its person.
const name = 'shell';
const files = ['/', '/app.js', '/app.css', '/emoji.js', '/i.svg', '/icon.svg', '/look.js', '/manifest.webmanifest', '/ar.js', '/en.js', '/es.js', '/hi.js', '/id.js'];

async function fill() {
  const cache = await caches.open(name);
  await cache.addAll(files.map((f) => new Request(f, {cache: 'no-cache'})));
}

addEventListener('install', (e) => {
  skipWaiting();
  e.waitUntil(fill());
});
addEventListener('activate', (e) => e.waitUntil(clients.claim()));

addEventListener('fetch', (e) => {
  const u = new URL(e.request.url);
  if (e.request.method !== 'GET' || u.origin !== location.origin) return;
  if (e.request.mode === 'navigate') e.respondWith(fetch(e.request).catch(() => kept('/')));
  else if (files.includes(u.pathname) && u.pathname !== '/') e.respondWith(file(e, u.pathname));
});

async function kept(path) {
  return (await (await caches.open(name)).match(path)) ?? Response.error();
}

async function file(e, path) {
  let r;
  try {
    r = await fetch(e.request);
  } catch {
    return kept(path);
  }
  // Another program than the one whose shell is kept: all of it is taken anew, since the parts fit only one another.
  if (path === '/app.js' && r.ok && r.headers.get('ETag') !== (await kept(path)).headers.get('ETag')) e.waitUntil(fill().catch(() => {}));
  return r;
}
