import Foundation
import Glibc
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

    @Test func programsGetFindingsAsJSON() throws {
        let bench = try Bench()
        try site(bench)
        try bench.write("in/page.html", "<p>\n<img src=\"img/b.png\">\n")
        let lost = try bench.start(["digest", "in", "out", "--json"]).wait()
        #expect(lost.code == 1)
        let findings = try #require(try JSONSerialization.jsonObject(with: Data(lost.out.utf8)) as? [String: [[String: Any]]])[
            "findings"]
        #expect(findings?.first?["file"] as? String == "page.html")
        #expect(findings?.first?["line"] as? Int == 2 && findings?.first?["column"] as? Int == 11)
    }

    @Test func oneChangedByteRenamesWhatMustAndSaysSo() throws {
        let bench = try Bench()
        try bench.write("in/index.html", "<link rel=stylesheet href=a.css><script type=module src=js/a.js></script><img src=img/a.png>\n")
        try bench.write("in/a.css", "p { background: url(img/b.png) }\n")
        try bench.write("in/js/a.js", "import './b.js';\n")
        try bench.write("in/js/b.js", "export {};\n")
        try bench.write("in/js/c.js", "export {};\n")
        try bench.write("in/img/a.png", "png")
        try bench.write("in/img/b.png", "qng")
        try bench.done("digest", "in", "out", "--no-compress")
        let before = try names(bench)
        try bench.write("in/js/b.js", "export []\n")
        let said = try bench.run("digest", "in", "out", "--no-compress").out
        let after = try names(bench)
        #expect(
            said.split(separator: "\n").filter { $0.hasPrefix("~") || $0.hasPrefix("+") || $0.hasPrefix("-") }.map(String.init) == [
                "~ \(before["js/a.js"] ?? "") → \(after["js/a.js"] ?? "")", "~ \(before["js/b.js"] ?? "") → \(after["js/b.js"] ?? "")",
            ])
        #expect(before.filter { after[$0.key] != $0.value }.keys.sorted() == ["js/a.js", "js/b.js"])
        #expect(try bench.run("digest", "in", "out", "--no-compress").out.contains("no name changed"))
    }

    private func names(_ bench: Bench) throws -> [String: String] {
        let manifest = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: "\(bench.root)/out/manifest.json")))
        let entries = (manifest as? [String: Any])?["entries"] as? [String: [String: Any]]
        return entries?.compactMapValues { $0["name"] as? String } ?? [:]
    }

    /// Killed wherever it is: what lies at OUT is the old output or the new one, whole, and the next digest tidies up.
    @Test(.timeLimit(.minutes(2))) func aKilledDigestLeavesAWholeOutput() throws {
        let bench = try Bench()
        for side in 0..<2 {
            for file in 0..<150 { try bench.write("in\(side)/f\(file).js", "import './f\((file + 1) % 150).js'; // \(side)\n") }
            try bench.write("in\(side)/index.html", "<script type=module src=f0.js></script>\n")
            try bench.done("digest", "in\(side)", "whole\(side)", "--no-compress", "--plain-names", "drop")
        }
        let whole = try (0..<2).map { try contents("\(bench.root)/whole\($0)") }
        try bench.done("digest", "in0", "out", "--no-compress", "--plain-names", "drop")
        for round in 1...24 {
            let process = try bench.start(["digest", "in\(round % 2)", "out", "--no-compress", "--plain-names", "drop"])
            usleep(UInt32(round) * 2_500)
            process.signal(SIGKILL)
            _ = process.wait()
            let found = try contents("\(bench.root)/out")
            #expect(found == whole[0] || found == whole[1], "round \(round)")
        }
        try bench.done("digest", "in1", "out", "--no-compress", "--plain-names", "drop")
        #expect(try contents("\(bench.root)/out") == whole[1])
        let beside = try FileManager.default.contentsOfDirectory(atPath: bench.root).filter { $0.hasPrefix("out") }
        #expect(beside == ["out"])
    }

    private func contents(_ folder: String) throws -> [String: Data] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(into: [:]) { found, name in
            found[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
        }
    }
}
