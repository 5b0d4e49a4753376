import Testing

@testable import Names

/// The shapes of each tool, by names that it wrote or documents.
@Suite struct FingerprintTests {
    private func expect(
        _ name: String, _ token: String, _ form: Fingerprint.Form, _ logical: String, _ location: SourceLocation = #_sourceLocation
    ) {
        guard let found = Fingerprint(in: name) else {
            Issue.record("\(name) has no token", sourceLocation: location)
            return
        }
        #expect(found.text(in: name) == token, sourceLocation: location)
        #expect(found.form == form, sourceLocation: location)
        #expect(found.logicalName(of: name) == logical, sourceLocation: location)
    }

    @Test func viteWithDots() {
        expect("static/css/index.CIiu7Ygf.css", "CIiu7Ygf", .dot, "static/css/index.css")
        expect("static/js/UploadFileInfo.C-jY39rj.js", "C-jY39rj", .dot, "static/js/UploadFileInfo.js")
        expect("static/js/index.Dbe-Q3C-.js", "Dbe-Q3C-", .dot, "static/js/index.js")
        expect("static/js/index.D2QEXQq_.js", "D2QEXQq_", .dot, "static/js/index.js")
        expect("static/js/ErrorOutline.esm.DUpR0_Ka.js", "DUpR0_Ka", .dot, "static/js/ErrorOutline.esm.js")
        expect(
            "static/media/SourceSerifVariable-Roman.ttf.mdpVL9bi.woff2", "mdpVL9bi", .dot,
            "static/media/SourceSerifVariable-Roman.ttf.woff2")
    }

    @Test func viteWithDashes() {
        expect("/assets/index-CIiu7Ygf.js", "CIiu7Ygf", .dash, "/assets/index.js")
        expect("/assets/index-CFMf5_ez.js", "CFMf5_ez", .dash, "/assets/index.js")
        expect("/assets/user-menu-C-jY39rj.js", "C-jY39rj", .dash, "/assets/user-menu.js")
        expect("/assets/KaTeX_Math-Italic-DA0__PXp.woff", "DA0__PXp", .dash, "/assets/KaTeX_Math-Italic.woff")
        expect("/assets/index-Dbe-Q3C-.js.map", "Dbe-Q3C-", .dash, "/assets/index.js.map")
    }

    @Test func rollupWithOtherLengthsAndAlphabets() {
        expect("dist/chunk-2f6b1c0d9e.js", "2f6b1c0d9e", .dash, "dist/chunk.js")
        expect("dist/chunk-k3x9z1q7.js", "k3x9z1q7", .dash, "dist/chunk.js")
        expect("dist/chunk-Xa7Bc9Zk2LmQ.js", "Xa7Bc9Zk2LmQ", .dash, "dist/chunk.js")
    }

    @Test func webpack() {
        expect("6540.51c00e890179a4832552.js", "51c00e890179a4832552", .dot, "6540.js")
        expect("6540.51c00e890179a4832552.js.LICENSE.txt", "51c00e890179a4832552", .dot, "6540.js.LICENSE.txt")
        expect("static/js/main.51c00e89.chunk.js", "51c00e89", .dot, "static/js/main.chunk.js")
        expect("static/js/main.51c00e89.chunk.js.map", "51c00e89", .dot, "static/js/main.chunk.js.map")
        expect("vendors~main.0a1b2c3d4e5f6a7b8c9d.bundle.js", "0a1b2c3d4e5f6a7b8c9d", .dot, "vendors~main.bundle.js")
        expect("styles.1b2c3d4e.module.css", "1b2c3d4e", .dot, "styles.module.css")
    }

    @Test func webpackBareStems() {
        expect("1cb1c39ea642f26a4dfe.woff", "1cb1c39ea642f26a4dfe", .bareStem, ".woff")
        expect("fonts/1cb1c39e5e0a.woff", "1cb1c39e5e0a", .bareStem, "fonts/.woff")
        expect("674f50d287a8c48dc19ba404d20fe713.eot", "674f50d287a8c48dc19ba404d20fe713", .bareStem, ".eot")
    }

    @Test func esbuild() {
        expect("out/chunk-5KVV2JVR.js", "5KVV2JVR", .dash, "out/chunk.js")
        expect("out/chunk-KJHGFDSA.js", "KJHGFDSA", .dash, "out/chunk.js")
        expect("out/app-XHJ2LQ4S.css.map", "XHJ2LQ4S", .dash, "out/app.css.map")
    }

    @Test func parcel() {
        expect("index.8d31a5c2.js", "8d31a5c2", .dot, "index.js")
        expect("logo.d41e3b07.svg", "d41e3b07", .dot, "logo.svg")
    }

    @Test func next() {
        expect("/_next/static/chunks/app/page-0a1b2c3d4e5f6a7b.js", "0a1b2c3d4e5f6a7b", .dash, "/_next/static/chunks/app/page.js")
        expect("/_next/static/chunks/4bd1b696-182b6b13bdad92e3.js", "182b6b13bdad92e3", .dash, "/_next/static/chunks/4bd1b696.js")
        expect("/_next/static/css/6cc5fb1d2c7f4a3e.css", "6cc5fb1d2c7f4a3e", .bareStem, "/_next/static/css/.css")
        expect("/_next/static/media/7ff6869a1704182a-s.p.woff2", "7ff6869a1704182a", .leading, "/_next/static/media/s.p.woff2")
        let revision = "3f786850e387550fdab836ed7e6dc881de23001b"
        expect("/_next/static/\(revision)/_buildManifest.js", revision, .buildFolder, "/_next/static/_buildManifest.js")
        expect("_next/static/Yq2Zb7LwQ9xV-1kD_m3Ta/_ssgManifest.js", "Yq2Zb7LwQ9xV-1kD_m3Ta", .buildFolder, "_next/static/_ssgManifest.js")
        #expect(Fingerprint(in: "/_next/static/development/_buildManifest.js") == nil)
        #expect(Fingerprint(in: "/_next/static/chunks/webpack.js") == nil)
    }

    @Test func svelteKitAndNuxt() {
        expect("/_app/immutable/chunks/BxYz12_a.js", "BxYz12_a", .immutableFolder, "/_app/immutable/chunks/.js")
        expect("/_app/immutable/entry/start.C3h0VqGB.js", "C3h0VqGB", .dot, "/_app/immutable/entry/start.js")
        expect("/_app/immutable/nodes/0.DA0__PXp.js", "DA0__PXp", .dot, "/_app/immutable/nodes/0.js")
        expect("/_app/immutable/assets/2.C7kHl0pV.css", "C7kHl0pV", .dot, "/_app/immutable/assets/2.css")
        expect("_nuxt/Cz41mQrT.js", "Cz41mQrT", .immutableFolder, "_nuxt/.js")
        #expect(Fingerprint(in: "/other/BxYz12_a.js") == nil)
    }

    @Test func nej() {
        expect("js/core_65b61c1a9d3a4b5c6d7e8f9001122334.js", "65b61c1a9d3a4b5c6d7e8f9001122334", .underscore, "js/core.js")
        #expect(Fingerprint(in: "js/core.js") == nil)
        #expect(QueryName.parse("65b61c1a9d3a4b5c6d7e8f9001122334")?.kind == .md5)
        #expect(Fingerprint(in: "js/core_v1.js") == nil)
    }

    @Test func propshaftAndSprockets() {
        expect("assets/application-3b1f20c4.css", "3b1f20c4", .dash, "assets/application.css")
        let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        expect("assets/application-\(sha256).js", sha256, .dash, "assets/application.js")
        expect("assets/admin/application-\(sha256).css.gz", sha256, .dash, "assets/admin/application.css.gz")
    }

    @Test func django() {
        expect("static/app.0123456789ab.css", "0123456789ab", .dot, "static/app.css")
        expect("static/admin/js/core.5d03eff67a21.js", "5d03eff67a21", .dot, "static/admin/js/core.js")
        expect("static/jquery.min.641dd1437010.js", "641dd1437010", .dot, "static/jquery.min.js")
    }

    @Test func phoenix() {
        expect("assets/app-eb0a5b9302e8d32828d8a73f137cc8f0.js", "eb0a5b9302e8d32828d8a73f137cc8f0", .dash, "assets/app.js")
    }

    @Test func whereNothingHasTheShapeNothingIsFound() {
        let names = [
            "jquery-3.7.1.min.js", "app-v1.2.3.js", "bootstrap.bundle.min.js", "index.js", "main.js", "app.min.js.map", "a.b.c.d.js",
            "report-20240131.pdf", "dump.20240131120000.sql", "log-20240131T120000Z.txt", "20240131.json", "backup.2024-01-31.csv",
            "photo-1700000000.jpg", "wallpaper-1024x768.jpg", "icon-16x16.png", "messages.zh-Hans-CN.js", "messages.sr-Latn-RS.json",
            "fr-FR.json", "550e8400-e29b-41d4-a716-446655440000.jpg", "img-550e8400-e29b-41d4-a716-446655440000.jpg",
            "fontawesome-webfont.woff2", "Roboto-BoldItalic.ttf", "Inter-Regular.woff2", "user_settings.js", "user_profiles_overview.css",
            "react-dom.production.min.js", "polyfills-es5.js", "three.module.js", "größe-überschrift.css", "日本語.文書文書文.js",
            "12345678.jpg", "1234567890123456.jpg", "LICENSE.txt", "map.map-view.js", "deadbeef", "", ".", "..", "/", "a/", "/.js", ".js",
            "js.", "-.js", "..js", "icons/24/address-book.svg", "core_[RAND].js", "com.example.go-for-it.svg", "com.example.notes-up.svg",
            "TeX-MML_SVG-full.js", "Root_R46.crt", "index.d.ts", "emoji-1f468-200d-1f469.svg",
        ]
        for name in names { #expect(Fingerprint(in: name) == nil, "\(name)") }
    }

    /// Addresses of an application must reach its page: what has no extension is no file.
    @Test func addressesOfPagesAreNotSuspected() {
        let paths = [
            "/orders/65b61c1a9d3a4b5c6d7e8f90", "/u/550e8400-e29b-41d4-a716-446655440000", "/account/settings-overview", "/p/C77ar7rq",
            "/blog/2024-01-31-hello-symbolic", "/", "/docs/v1.2", "/releases/v1.20240131",
        ]
        for path in paths { #expect(!Fingerprint.isSuspected(path), "\(path)") }
        #expect(Fingerprint.isSuspected("/assets/index-CIiu7Ygf.js"))
    }

    /// A shape without proof: the design's own example.
    @Test func wordsOfEightLettersHaveRollupsShape() {
        for name in ["address-book-new-symbolic.svg", "api-pipeline.js", "jquery.validate.js"] {
            #expect(Fingerprint(in: name)?.isPronounceable == true, "\(name)")
            #expect(Fingerprint(in: name)?.isMixed == false, "\(name)")
        }
    }

    @Test func mixedTokensAreToldFromWordsAndNumbers() {
        for token in ["C77ar7rq", "1a2b3c4d", "GRUzrudl", "FFOzOWzC", "k3x9z1q7", "DA0__PXp", "MeHtkq8r", "5KVV2JVR"] {
            #expect(Fingerprint(in: "a.\(token).js")?.isMixed == true, "\(token)")
        }
        for token in ["SemiBold", "chapter1", "pipeline", "deadbeef", "Cuvsdfrl", "diagram9", "TEMPLATE", "docs2024", "2columns"] {
            #expect(Fingerprint(in: "a.\(token).js")?.isMixed == false, "\(token)")
        }
    }

    @Test func theMixedTokenIsPreferredToAWord() {
        expect("main.1a2b3c4d.template.js", "1a2b3c4d", .dot, "main.template.js")
        expect("jquery.validate.1a2b3c4d5e6f.js", "1a2b3c4d5e6f", .dot, "jquery.validate.js")
    }
}
