// Asks the server now and then whether the release that this page came from is still the current one.
const EVERY = 5000;

// A document says its release in a header that its own scripts cannot read, so the page asks for its head once.
async function releaseOfThisPage() {
  const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
  return answer.headers.get("X-Deployment-Id");
}

async function ask(id) {
  const answer = await fetch("/.well-known/tandem/release", { headers: id ? { "X-Deployment-Id": id } : {}, cache: "no-store" });
  return { named: id, ...(await answer.json()) };
}

export async function watchRelease(show) {
  const id = await releaseOfThisPage();
  const look = async () => {
    if (document.hidden) return;
    try { show(await ask(id)); } catch { /* The server is away: the page stays as it is and asks again. */ }
  };
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
  await look();
}
