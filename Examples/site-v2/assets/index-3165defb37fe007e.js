// The entry script of version 2. It shows which release the page belongs to, and imports a part on demand.
import { watchRelease } from "./release-2842f77e351f7983.js";

const find = (id) => document.getElementById(id);
const short = (id) => (id ? id.slice(0, 12) : "none");

watchRelease(({ named, state, current }) => {
  find("release").textContent = short(named);
  find("state").textContent = state;
  find("current").textContent = short(current);
  find("superseded").hidden = state === "current" || state === "canary";
});

find("reload").addEventListener("click", () => location.reload());

find("load").addEventListener("click", async () => {
  try {
    const { show } = await import("./part-e63ea7b593740a2e.js");
    show(find("part"), "2");
  } catch (error) {
    find("part").textContent = `The part is gone: ${error.message}`;
  }
});
