// Keeps the page that works without a line; everything else is asked of the service, always.
const [VERSION, ...SHELL] = /* named by the service */ [];

addEventListener("install", (event) => event.waitUntil(
  caches.open(VERSION).then((cache) => cache.addAll(SHELL)).then(() => skipWaiting()),
));
addEventListener("activate", (event) => event.waitUntil(
  caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name))))
    .then(() => clients.claim()),
));
addEventListener("fetch", (event) => {
  const { request } = event;
  const kept = (of) => caches.match(of, { ignoreVary: true, ignoreSearch: true });
  if (request.mode === "navigate" && request.method === "GET")
    event.respondWith(fetch(request).catch(() => kept(SHELL[0])));
  else if (new URL(request.url).pathname.startsWith("/static/"))
    event.respondWith(kept(request).then((found) => found || fetch(request)));
});
