import Model
import Testing

@testable import Names

@Suite struct NameClassifierTests {
    private let rails = (0..<8).map { "assets/f\($0)-\(["1a2b3c4d", "9f8e7d6c", "0b4d77e1", "5c3fa290"][$0 % 4]).js" }

    @Test func prefixOfADigestProves() throws {
        let content = contentDigests(of: "body")
        let digits = [
            content.sha256.hex, content.withSHA1 { Hexadecimal.string($0) }, content.withMD5 { Hexadecimal.string($0) },
        ]
        for (text, kind) in zip(digits, [DigestKind.sha256, .sha1, .md5]) {
            for name in [
                "app-\(text.prefix(8)).js", "app.\(text).css", "\(text.prefix(12)).woff", "core_\(text).js", "deep/\(text.prefix(10))",
                "a.\(text.prefix(20)).js.map", "i_\(text.prefix(8).uppercased())_x.png", "x-\(text.prefix(16)).html",
            ] {
                #expect(Proof.find(in: name, content) == kind, "\(name)")
                #expect(NameClassifier.classify(files: [(name, content)]) == [.proven], "\(name)")
            }
            for name in [
                "app-\(text.prefix(7)).js", "\(text)/app.js", "app-\(text)0.js", "app-\(text.dropFirst().prefix(12)).js",
                "x\(text.prefix(8)).js",
            ] {
                #expect(Proof.find(in: name, content) == nil, "\(name)")
            }
        }
    }

    @Test func fullDigestInTheQueryProves() {
        let content = contentDigests(of: "body")
        let md5 = content.withMD5 { Hexadecimal.string($0) }
        let files = ["core.js?\(md5)", "core.js?v=\(md5)", "core.js?v=12", "core.js?v=\(content.sha256.hex.reversed())"].map {
            ($0, content)
        }
        #expect(NameClassifier.classify(files: files) == [.proven, .proven, .document, .document])
    }

    @Test func listedNamesAreProven() {
        #expect(classes(["app.js", "b.js"], listed: ["app.js"]) == [.proven, .document])
    }

    @Test func sixteenHexadecimalDigitsAreStrongAlone() {
        #expect(classes(["app-0123456789abcdef.js"]) == [.strong])
        #expect(classes(["app-0123456789abcde.js"]) == [.suspected])
        #expect(classes(["app-1234567890123456.js"]) == [.document])
    }

    @Test func eightNamesOfOneShapeAreStrongAndSevenAreNot() {
        #expect(classes(rails) == rails.map { _ in .strong })
        #expect(classes(Array(rails.dropLast())) == rails.dropLast().map { _ in .suspected })
    }

    @Test func namesOfAnotherShapeDoNotCount() {
        let others = ["x.1a2b3c4d.js", "y_1a2b3c4d.js", "z-1a2b3c4d5e.js"]
        #expect(classes(rails.dropLast() + others) == (rails.dropLast() + others).map { _ in .suspected })
    }

    @Test func fewTokensInManyNamesAreNoBuild() {
        let sizes = [16, 22, 24, 32, 48, 64, 96, 128].flatMap { ["\($0)/com.thestr4ng3r.svg", "\($0)/org.qt5clients7x.svg"] }
        #expect(classes(sizes).allSatisfy { !$0.isFingerprinted })
        let chunks = ["1a2b3c4d", "9f8e7d6c", "0b4d77e1", "5c3fa290"].flatMap { ["a-\($0).js", "a-\($0).js.map"] }
        #expect(classes(chunks) == chunks.map { _ in .strong })
    }

    @Test func halfOfTheTokensMustMix() {
        let words = ["abstract", "boundary", "calendar", "download"]
        let mixed = ["k3x9z1q7", "q8w2e4r6", "z1x2c3v4", "p0o9i8u7"]
        func names(_ tokens: [String]) -> [String] { tokens.enumerated().map { "f\($0).\($1).js" } }
        #expect(classes(names(words + mixed)) == (0..<8).map { _ in .strong })
        #expect(classes(names(words + ["terminal"] + mixed)) == (0..<9).map { _ in .suspected })
    }

    @Test func wordsAmongTokensStaySuspected() {
        let vite = ["CIiu7Ygf", "C-jY39rj", "DA0__PXp", "MeHtkq8r", "B4dUQfni", "Dbe-Q3C-", "FFOzOWzC", "GRUzrudl", "Cuvsdfrl"]
            .map { "assets/index-\($0).js" }
        let icons = [
            "settings", "portrait", "symbolic", "original", "SemiBold", "download", "calendar", "terminal", "chapter1", "keyboard",
        ]
        .map { "icon-\($0).svg" }
        #expect(classes(vite + icons) == vite.map { _ in .strong } + icons.map { _ in .suspected })
        #expect(classes(rails + icons) == rails.map { _ in .strong } + icons.map { _ in .suspected })
    }

    @Test func declaredPatternsRankBetweenProofAndShape() throws {
        let declared = try DeclaredPatterns([#"^/build/.*\.js$"#, #"\?r=\d+$"#])
        #expect(
            classes(["build/a.js", "/build/b.js", "x/build/a.js", "c.js?r=7", "build/app-0123456789abcdef.js"], declared: declared)
                == [.declared, .declared, .document, .declared, .declared])
        let content = contentDigests(of: "body")
        #expect(NameClassifier.classify(files: [("build/a-\(content.sha256.hex).js", content)], declared: declared) == [.proven])
        #expect(classes(["build/sw.js", "index.html"], declared: try DeclaredPatterns(["sw", "html"])) == [.declared, .declared])
    }

    @Test func patternThatDoesNotCompileIsRefused() {
        #expect { try DeclaredPatterns(["ok", "a(b"]) } throws: { ($0 as? DeclaredPatternFault)?.index == 1 }
        #expect { try DeclaredPatterns([""]) } throws: { ($0 as? DeclaredPatternFault)?.pattern == "" }
    }

    @Test func classesDoNotDependOnTheOrderOfFiles() {
        let names = rails + ["icon-settings.svg", "index.html", "app-0123456789abcdef.js", "a.js"]
        let forward = Dictionary(uniqueKeysWithValues: zip(names, classes(names)))
        let backward = Dictionary(uniqueKeysWithValues: zip(names.reversed(), classes(names.reversed())))
        #expect(forward == backward)
    }

    @Test func countsAreOfEachClass() {
        let counts = NameClassCounts([.proven, .proven, .strong, .document, .document])
        #expect(counts[.proven] == 2 && counts[.declared] == 0 && counts.total == 5 && counts.fingerprinted == 3)
        #expect(counts.description == "2 proven, 1 strong, 2 documents")
    }

    /// A folder of icons, fonts, photographs, translations and libraries as people name them: none may become immutable.
    @Test func nothingThatPeopleNameIsFingerprinted() {
        func numbered(_ stem: String, _ range: ClosedRange<Int>, _ ending: String) -> [String] { range.map { "\(stem)\($0)\(ending)" } }
        var names = [
            "address-book-new-symbolic.svg", "api-pipeline.js", "jquery-3.7.1.min.js", "app-v1.2.3.js", "bootstrap.bundle.min.js",
            "größe-änderung.js", "日本語-ファイル名.css", "naïve-façade12.js", "deadbeef.js", "facade-defaced.js",
            "550e8400-e29b-41d4-a716-446655440000.jpg", "polyfill-nomodule.js", "img-P1010023.jpg", "three.module.min.js",
        ]
        names += numbered("chapters/part-chapter", 1...9, ".svg") + numbered("photos/DSC0", 1000...1020, ".jpg")
        names += numbered("photos/trip-DSC0", 1000...1020, ".jpg") + numbered("report-202401", 10...31, ".pdf")
        names += numbered("backup.20240131", 100000...100020, ".sql") + numbered("invoice-000", 10000...10020, ".pdf")
        names += numbered("uploads/17000000", 10000...10020, ".jpg") + numbered("wallpaper-10", 10...29, "x768.jpg")
        names += numbered("fig.diagram", 1...9, ".png") + numbered("lib-1.0.", 10...30, ".js")
        names += ["Regular", "SemiBold", "ExtraBold", "BoldItalic", "Condensed", "LightItalic", "SemiBoldItalic", "UltraThin", "DemiBold"]
            .flatMap { style in
                ["Inter", "Roboto", "OpenSans", "Lato", "Noto", "Fira", "Mono", "Serif", "Slab"].map { "\($0)-\(style).woff2" }
            }
        names += ["symbolic", "settings", "calendar", "keyboard", "download", "terminal", "contrast", "portrait", "bookmark", "previous"]
            .flatMap { word in ["icon", "actions/view", "apps/system"].flatMap { ["\($0)-\(word).svg", "\($0).\(word).svg"] } }
        names += ["de-DE", "zh-Hans-CN", "sr-Latn-RS", "pt-BR", "ca-valencia", "de-CH-1996", "es-419", "en-GB-oxendict", "sl-rozaj"]
            .flatMap { ["locales/\($0).json", "messages.\($0).js"] }
        for (name, nameClass) in zip(names, classes(names)) { #expect(!nameClass.isFingerprinted, "\(name) is \(nameClass)") }
    }
}
