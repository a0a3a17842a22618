// Keeps the shell of the offline page; everything else is asked of the service, always.
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
  if (request.method !== "GET") return;
  const kept = () => caches.match(request, { ignoreVary: true });
  if (request.mode === "navigate")
    event.respondWith(fetch(request).catch(async () => (await kept()) || caches.match("/offline", { ignoreVary: true })));
  else if (new URL(request.url).pathname.startsWith("/static/"))
    event.respondWith(kept().then((found) => found || fetch(request)));
});
