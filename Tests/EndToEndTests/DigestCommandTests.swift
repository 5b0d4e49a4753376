import Foundation
import Testing

@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct DigestCommandTests {
    private func site(_ bench: Bench) throws {
        try bench.write("in/index.html", "<!doctype html><script type=\"module\" src=\"js/a.js\"></script><img src=\"img/a.png\">\n")
        try bench.write("in/js/a.js", "import './b.js';\n" + String(repeating: "// words and words\n", count: 100))
        try bench.write("in/js/b.js", "import './a.js';\n")
        try bench.write("in/img/a.png", "png")
    }

    @Test func aBuildIsDigestedAndItsOutputPublished() throws {
        let bench = try Bench()
        try site(bench)
        let report = try bench.run("digest", "in", "out", "--json").object()
        #expect(report["files"] as? Int == 4 && report["renamed"] as? Int == 3)
        let names = try #require(report["names"] as? [String: String])
        let script = try #require(names["js/a.js"])
        #expect(FileManager.default.fileExists(atPath: "\(bench.root)/out/\(script).br"))
        // The digest of a circle does not recompute: the manifest makes its names proven. Encodings are no files of the site.
        let published = try bench.run("publish", "out", "--json").object()
        #expect(published["files"] as? Int == 4)
        #expect((published["names"] as? [String: Int])?["proven"] == 3)
    }

    @Test func publishingWithAFingerprintIsTheSameRelease() throws {
        let bench = try Bench()
        try site(bench)
        try bench.done("digest", "in", "out")
        let one = try bench.run("publish", "out", "--json").object()
        let two = try bench.run("publish", "in", "--fingerprint", "--json").object()
        #expect(one["id"] as? String == two["id"] as? String)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.root)/in").sorted() == ["img", "index.html", "js"])
    }

    @Test func exitCodesSayWhatWentWrong() throws {
        let bench = try Bench()
        try site(bench)
        try bench.write("in/page.html", "<p>\n<img src=\"img/b.png\">\n")
        let lost = try bench.start(["digest", "in", "out"]).wait()
        #expect(lost.code == 1)
        #expect(lost.error.contains("page.html:2:11: error: \"img/b.png\" leads nowhere: there is no img/b.png; the nearest is img/a.png"))
        #expect(!FileManager.default.fileExists(atPath: "\(bench.root)/out"))
        #expect(try bench.start(["digest", "in", "out", "--missing=warn"]).wait().code == 0)
        #expect(try bench.start(["digest", "in", "out2", "--name-format", "[name]_[RAND]"]).wait().code == 2)
        try bench.write("foreign/precious", "x")
        #expect(try bench.start(["digest", "in", "foreign", "--missing=warn"]).wait().code == 4)
        #expect(try bench.start(["digest", "nowhere", "out3"]).wait().code == 1)
    }
}
