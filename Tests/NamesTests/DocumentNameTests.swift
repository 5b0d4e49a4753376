import Model
import Testing

@testable import Names

@Suite struct DocumentNameTests {
    @Test func agreedNamesAreDocumentsWhateverTheirShape() {
        let names = [
            "index.html", "/a/index-1a2b3c4d5e6f7a8b.html", "page_65b61c1a9d3a4b5c6d7e8f9001122334.htm", "robots.txt", "/favicon.ico",
            "sw.js", "/app/service-worker.js", "service-worker.1a2b3c4d5e6f7a8b9c0d.js", "sw-1a2b3c4d5e6f7a8b.js",
            "firebase-messaging-sw.js", ".well-known/app-1a2b3c4d5e6f7a8b.js", "/.well-known/assetlinks.json", "manifest.webmanifest",
            "site.webmanifest", "sitemap.xml", "sitemap-1a2b3c4d5e6f7a8b.xml", "feed-1a2b3c4d5e6f7a8b.rss", "blog/atom.xml",
        ]
        for name in names {
            #expect(DocumentName.isAlways(name), "\(name)")
            #expect(!Fingerprint.isSuspected(name), "\(name)")
        }
        #expect(classes(names) == names.map { _ in .document })
    }

    @Test func namesBesideThemAreNot() {
        for name in ["app.js", "sw-toolbar-1a2b3c4d5e6f7a8b.js", "swan.js", "well-known/x.js", "robots.txt.js", "manifest-C77ar7rq.json"] {
            #expect(!DocumentName.isAlways(name), "\(name)")
        }
    }
}

@Suite struct AssetExtensionTests {
    @Test func filesOfPagesAreKnown() {
        for path in ["/a.js", "a.CSS", "x/y.woff2", "/deep/er/map.js.map", "f.webmanifest", "tile.pbf", "i.JPEG", "m.geojson", "a.7z"] {
            #expect(AssetExtension.isKnown(path), "\(path)")
        }
    }

    @Test func addressesOfPagesAreNot() {
        for path in [
            "/", "", "/about", "/about.html", "/v1.2", "/john.smith", "/a.js/", "/a.js/b", "/.", "/a.", "/x.verylongextension", "js",
        ] {
            #expect(!AssetExtension.isKnown(path), "\(path)")
        }
    }
}
