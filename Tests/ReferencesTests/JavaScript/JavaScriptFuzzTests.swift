import References
import Testing

@Suite struct JavaScriptFuzzTests {
    private static let seeds = [
        """
        #!/usr/bin/env node
        "use strict"; import a, { b as c, "d-e" as f } from "./a.js";
        import * as g from '../g.mjs' with { type: "json" };
        export * from "h"; export { c as default } from './c.js';
        const i = /[/'"`]\\/(?<n>x)/gu.exec(a / c / 2), j = `t${`n${i ? { k: 1 }.k : "}"}`}u`;
        class L extends (class {}) { static #m = 1_000n; static { this.#m++ / 2; } get if() { return /'/ } async *import(x) { yield /"/ } }
        label: for (const o of [1, .5, 0x1F]) { if (o) /re/.test(o); else do { continue label } while (o--) }
        const p = async () => (await import(/* webpackChunkName: "p" */ "./p.js")).default ?? q?.import("no");
        new Worker(new URL("./w.js", import.meta.url), { type: "module" }); new SharedWorker('s.js');
        navigator.serviceWorker?.register("/sw.js"); self.importScripts("r.js", 's.js'); import.meta.resolve(`t`);
        switch (a) { case /x/: { } default: function u() {} /y/ }
        // comment import("no")
        //# sourceMappingURL=x.js.map
        """,
        """
        (()=>{var e={1:(e,t,r)=>{"use strict";r.d(t,{Z:()=>n});const n=r.p+"a.png"}},t={};function r(n){var o=t[n];return void 0!==o?o.exports:(o=t[n]={exports:{}},\
        e[n](o,o.exports,r),o.exports)}r.u=e=>"static/"+e+"."+{2:"ab"}[e]+".js";Promise.all([import("./b.js"),import('./c.js')]).then(e=>e/2)})();
        """,
    ]
    private static let pieces = [
        "import(\"x\")", "import ", "export ", " from '", "{", "}", "(", ")", "[", "]", "`", "${", "'", "\"", "/", "//", "/*", "*/", "\\",
        "\n", "\r\n",
        "\u{2028}", "<!--", "-->", "?", ":", "=>", "class ", "function ", "if(", "++", ".", "?.", "#", "new URL('x',import.meta.url)",
        "new Worker('x')", ".audioWorklet.addModule('x')",
        "importScripts('x',", "//# sourceMappingURL=x\n", "\\u{61}", "return\n", "yield", "static{", "\0",
    ]

    @Test(arguments: 1...4)
    func brokenScriptsAreReadSoundly(_ seed: Int) {
        let fuzz = ReaderFuzz(seeds: Self.seeds, pieces: Self.pieces) { JavaScriptReader.read($0, in: 0..<$0.count) }
        fuzz.run(seed: UInt64(seed), rounds: 2000)
    }
}
