import Manifests
import Testing

@testable import Releases

/// What the tools write, and what only looks like it.
@Suite struct BuildManifestShapeTests {
    @Test(arguments: [
        // Vite 2 to 4 in the build's root; 5 and later with `build.manifest: "manifest.json"`.
        """
        {
          "_shared-B7PI925R.js": {"file": "assets/shared-B7PI925R.js", "name": "shared", "css": ["assets/shared-ChJ_j-JJ.css"]},
          "_shared-ChJ_j-JJ.css": {"file": "assets/shared-ChJ_j-JJ.css", "src": "_shared-ChJ_j-JJ.css"},
          "views/foo.js": {"file": "assets/foo-BRBmoGS9.js", "name": "foo", "src": "views/foo.js", "isEntry": true,
            "imports": ["_shared-B7PI925R.js"], "dynamicImports": ["baz.js"]}
        }
        """,
        #"{"index.html":{"file":"assets/index.4b2c1f0e.js","src":"index.html","isEntry":true}}"#,
        // webpack-manifest-plugin.
        #"{"main.js":"/main.8dbf5e3a4d6ba0b1.js","main.css":"/main.0f1e2d3c.css","index.html":"/index.html"}"#,
        #"{"static/js/787.chunk.js":"auto/static/js/787.28cb0dcd.chunk.js","main.js.map":"main.8dbf.js.map"}"#,
        #"{"logo.svg":"https://cdn.example/logo.0a1b2c3d.svg?x=1.png"}"#,
        // tandem digest.
        #"{"version":1,"entries":{"js/core.js":{"name":"js/core-0123.js","digest":"sha256-x"}},"imports":{},"preload":{}}"#,
        #"{"version":1,"entries":{}}"#,
    ])
    func aBuildsManifestIsKnown(text: String) { #expect(BuildManifestShape.holds(Array(text.utf8))) }

    @Test(arguments: [
        // Web app manifests (W3C, Web Application Manifest).
        """
        {"name": "Shop", "short_name": "Shop", "start_url": "/?source=pwa", "display": "standalone", "background_color": "#fff",
         "icons": [{"src": "/icon.svg", "sizes": "any", "type": "image/svg+xml"}]}
        """,
        #"{"name":"Shop","start_url":"/index.html"}"#,
        #"{"short_name":"index.html"}"#,
        #"{"name":"Shop","icons":[],"version":1,"entries":"x"}"#,
        #"{"version":"1.0","entries":{}}"#,
        // An extension's, data of a site's own, and what is no object or no JSON.
        #"{"manifest_version":3,"name":"x","version":"1.0","background":{"service_worker":"sw.js"}}"#,
        #"{"background":{"service_worker":"sw.js"}}"#,
        #"{"main.js":"/main.css"}"#, #"{"main.js":1}"#, #"{".js":"x.js"}"#, #"{"a.":"b."}"#,
        #"{"a.js":"a.1.js","name":"Shop"}"#, #"{"a.js":{"file":"a.1.js"},"name":"Shop"}"#,
        "{}", "[]", "\"main.js\"", "null", "", "{", "main.js",
    ])
    func whatMayBeTheSitesOwnIsServed(text: String) { #expect(!BuildManifestShape.holds(Array(text.utf8))) }

    @Test(arguments: ["manifest.json", "tandem-manifest.json"]) func itIsNoPartOfTheReleaseAtTheRootOnly(name: String) async throws {
        let bench = try Bench()
        let text = #"{"src/main.ts":{"file":"assets/main-0123abcd.js"}}"#
        let site = bench.place.site([name: text, "sub/manifest.json": text, "manifest.webmanifest": "{}", "asset-manifest.json": text])
        let names = try await bench.prepare(site).entries.map(\.name)
        #expect(names == ["asset-manifest.json", "manifest.webmanifest", "sub/manifest.json"])
    }
}
