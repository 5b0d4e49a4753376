import { isEven } from "parity"
import greeting from "lib/greeting.js"

// import "./not-this.js"
const image = new URL("../img/dot.svg", import.meta.url)
const text = `import("./nor-${isEven(2)}.js")`

const { later } = await import("./later.js")
await (await fetch(image)).text()
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
worker.postMessage(7)
await navigator.serviceWorker.register("/sw.js")
document.body.dataset.ready = [greeting, later, text.length].join(" ")
