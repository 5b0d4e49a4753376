import Foundation
import Glibc
import TestPatience
import Testing

@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct CommandTests {
    @Test func servingAFolderNeedsNoConfiguration() throws {
        let bench = try Bench(hasConfiguration: false)
        try bench.build(1)
        // Its ports are fixed: where somebody has them, the refusal is what is tested.
        let process = try bench.start(["serve", "v1"])
        guard let server = try? withKnownPort(process) else {
            #expect(process.wait().error.contains("8080"))
            return
        }
        #expect(try Client(port: server).get("/").text == Bench.files(1)["index.html"])
        #expect(FileManager.default.fileExists(atPath: "\(bench.root)/.tandem/state.sqlite"))
        process.signal(SIGTERM)
        #expect(process.wait().code == 0)
    }

    private func withKnownPort(_ process: Running) throws -> UInt16 {
        _ = eventually { !process.isRunning || process.error.contains("ready (process") }
        if process.isRunning { return 8080 }
        throw ClientError(description: "it ended")
    }

    @Test func aReleaseLivesThroughEveryCommand() throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate", "--label", "first")
        let two = try bench.publish(2, "--label", "second")
        #expect(one.count == 64 && two.count == 64 && one != two)
        #expect(try bench.releases() == [one: "current", two: "published"])
        #expect(try bench.publish(1) == one)

        let server = try bench.serve()
        let client = try Client(port: server.port)
        #expect(try client.get("/").text == Bench.files(1)["index.html"])

        let shown = try bench.run("release", "show", "second", "--json").object()
        #expect((shown["record"] as? [String: Any])?["id"] as? String == two)
        let diff = try bench.run("release", "diff", String(one.prefix(12)), two, "--json").object()
        #expect((diff["added"] as? [Any])?.count == 5)
        #expect((diff["gone"] as? [Any])?.count == 5)
        #expect((diff["changed"] as? [Any])?.count == 1)
        #expect(diff["sameCount"] as? Int == 5)

        let report = try bench.run("release", "activate", two, "--json").object()
        #expect(report["current"] as? String == two)
        #expect(try client.get("/").text == Bench.files(2)["index.html"])
        #expect(try bench.releases() == [one: "draining", two: "current"])
        try bench.done("release", "rollback", "--json")
        #expect(try client.get("/").text == Bench.files(1)["index.html"])
        #expect(try bench.releases() == [one: "current", two: "draining"])
        try bench.done("release", "retire", two)
        #expect(try bench.releases()[two] == "kept")
        try bench.done("release", "protect", two)
        #expect(try bench.run("release", "show", two, "--json").out.contains("\"isProtected\" : true"))
        try bench.done("release", "unprotect", two)

        try bench.done("release", "export", two, "\(bench.root)/out")
        for (name, text) in Bench.files(2) { #expect(FileManager.default.contents(atPath: "\(bench.root)/out/\(name)") == Data(text.utf8)) }

        let onlyTwo = try #require(Bench.files(2).keys.first { Bench.files(1)[$0] == nil })
        #expect(try client.get("/\(onlyTwo)").status == 200)
        let explained = try bench.run("explain", "http://shop.test/\(onlyTwo)", "--json").object()
        #expect(explained["status"] as? Int == 200)
        #expect(try bench.run("release", "revoke", one).code == 4)
        try bench.done("release", "revoke", two)
        let gone = try client.get("/\(onlyTwo)")
        #expect(gone.status == 410 && gone.fields["cache-control"] == "no-store")

        let status = try bench.run("status", "--json").object()
        #expect(status["process"] as? Int == Int(server.process.pid))
        #expect(try bench.run("rollout", "status", "--json").object()["current"] as? String == one)
        #expect(try bench.run("gc", "--dry-run", "--json").object()["isDryRun"] as? Bool == true)
        try bench.done("gc", "--json")
        try bench.done("check")
        try bench.expectClean()
        #expect(server.stop().code == 0)
        try bench.expectClean()
    }

    @Test func gcRemovesWhatARevokedReleaseHeld() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        let two = try bench.publish(2)
        let before = bench.tree().keys.filter { $0.hasPrefix("blobs/") }.count
        try bench.done("release", "revoke", two)
        bench.age()
        let said = try bench.run("gc", "--dry-run", "--json").object()["blobs"] as? Int
        #expect(bench.tree().keys.filter { $0.hasPrefix("blobs/") }.count == before)
        let done = try bench.run("gc", "--json").object()["blobs"] as? Int
        #expect(said == done && (done ?? 0) >= 6)
        #expect(bench.tree().keys.filter { $0.hasPrefix("blobs/") }.count == before - (done ?? 0))
        try bench.expectClean()
        #expect(try bench.run("gc", "--json").object()["blobs"] as? Int == 0)
    }

    @Test func fsckFindsAFlippedByteAndPublishingAgainMendsIt() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        let path = try #require(
            bench.tree().keys.filter { $0.hasPrefix("blobs/") }.sorted().first { Bench.files(1).values.contains(text($0, bench)) })
        var bytes = try #require(FileManager.default.contents(atPath: "\(bench.data)/\(path)"))
        bytes[0] ^= 1
        try bytes.write(to: URL(filePath: "\(bench.data)/\(path)"))
        let found = try bench.run("fsck", "--json")
        #expect(found.code == 1)
        #expect(found.out.contains("damagedBlob") && found.out.contains("missingBlob"))
        try bench.publish(1)
        try bench.expectClean()
    }

    private func text(_ name: String, _ bench: Bench) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(bench.data)/\(name)") ?? Data(), as: UTF8.self)
    }

    @Test(arguments: [
        ["nonsense"], ["publish"], ["publish", "v1", "--wait"], ["publish", "v1", "--canary", "500%"],
        ["publish", "v1", "--assets", "--activate"],
        ["release", "list", "--site", "other"], ["explain", "no-url"], ["serve", "v1", "-c", "tandem.yaml"], ["release", "show"],
    ])
    func whatIsTypedWrongIsUsage(arguments: [String]) throws {
        let bench = try Bench()
        try bench.build(1)
        let outcome = try bench.start(arguments).wait()
        #expect(outcome.code == 2, "\(outcome.error)")
        #expect(outcome.error.hasPrefix("tandem: "))
        #expect(bench.tree().isEmpty)
    }

    @Test func everyCommandExplainsItself() throws {
        let bench = try Bench()
        for command in ["serve", "publish", "release", "rollout", "explain", "status", "gc", "fsck", "check", "config"] {
            let outcome = try bench.run(command, "--help")
            #expect(outcome.code == 0 && outcome.out.contains("USAGE: tandem \(command)"), "\(command)")
        }
        #expect(try bench.run("--version").code == 0)
        #expect(!FileManager.default.fileExists(atPath: bench.data))
    }

    @Test func aReleaseThatIsNotThereIsNamed() throws {
        let bench = try Bench()
        try bench.publish(1)
        let outcome = try bench.run("release", "activate", "nowhere")
        #expect(outcome.code == 1 && outcome.error.contains("nowhere"))
        #expect(try bench.run("status").code == 1)
        #expect(try bench.run("release", "rollback").code != 0)
    }
}
