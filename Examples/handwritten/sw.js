const kept = "kept-1"
addEventListener("install", event => event.waitUntil(caches.open(kept)))
addEventListener("fetch", event => event.respondWith(fetch(event.request)))
