import Foundation
import Glibc
import Testing

/// A process dies at a named point. What it leaves: a store in which nothing is found, and a list of releases that is as it
/// was or whole. The same command then succeeds.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct KillTests {
    /// In the command itself, whoever owns the state.
    static let inCommand = [
        "publish.blobs.written", "publish.blobs.synced", "publish.blobs.renamed", "publish.manifest.written", "publish.manifest.renamed",
    ]
    /// In whoever owns the state: the command, or the server if one runs.
    static let inOwner = ["publish.release.made", "publish.encodings.recorded"]

    @Test(arguments: inCommand + inOwner)
    func publishWithoutAServer(point: String) throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        try bench.build(2)
        let outcome = try bench.run("publish", "v2", "--activate", environment: ["TANDEM_FAULT": point])
        #expect(outcome.code == -SIGKILL, "\(outcome.error)")
        try afterwards(bench, one)
    }

    @Test(arguments: inCommand)
    func publishBesideAServer(point: String) throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        let server = try bench.serve()
        try bench.build(2)
        let outcome = try bench.run("publish", "v2", "--activate", environment: ["TANDEM_FAULT": point])
        #expect(outcome.code == -SIGKILL, "\(outcome.error)")
        #expect(try Client(port: server.port).get("/").text == Bench.files(1)["index.html"])
        try afterwards(bench, one)
        #expect(try Client(port: server.port).get("/").text == Bench.files(2)["index.html"])
        server.stop()
        try bench.expectClean()
    }

    @Test(arguments: inOwner)
    func theServerDiesInAPublish(point: String) throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        let doomed = try bench.serve(["TANDEM_FAULT": point])
        try bench.build(2)
        // It says so at once, instead of asking a socket behind which nobody is.
        let outcome = try bench.start(["publish", "v2", "--activate"]).wait()
        #expect(outcome.code == 1, "\(outcome.code) \(outcome.error)")
        // The worker died: its supervisor starts another, which would die as well.
        try doomed.expect("was ended by signal 9")
        doomed.crash()
        let server = try bench.serve()
        try afterwards(bench, one)
        #expect(try Client(port: server.port).get("/").text == Bench.files(2)["index.html"])
        server.stop()
    }

    private func afterwards(_ bench: Bench, _ one: String) throws {
        try bench.expectClean()
        let releases = try bench.releases()
        #expect(releases[one] != nil && releases.count <= 2)
        for id in releases.keys {
            // What is listed is whole.
            #expect(try bench.run("release", "export", id, "\(bench.root)/out-\(id.prefix(12))").code == 0)
        }
        let two = try bench.publish(2, "--activate")
        #expect(try bench.releases().keys.sorted() == [one, two].sorted())
        #expect(try bench.releases()[two] == "current")
        try bench.expectClean()
    }

    @Test(arguments: ["gc.listed", "gc.unlinked"], [false, true])
    func gc(point: String, isServing: Bool) throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        let two = try bench.publish(2)
        try bench.done("release", "revoke", two)
        try bench.build(3)
        _ = try bench.run("publish", "v3", environment: ["TANDEM_FAULT": "publish.manifest.renamed"])
        bench.age()
        let releases = try bench.releases()
        if isServing {
            let doomed = try bench.serve(["TANDEM_FAULT": point])
            #expect(try bench.run("gc").code == 1)
            try doomed.expect("was ended by signal 9")
            doomed.crash()
        } else {
            #expect(try bench.run("gc", environment: ["TANDEM_FAULT": point]).code == -SIGKILL)
        }
        try bench.expectClean()
        #expect(try bench.releases() == releases)
        let server = try bench.serve()
        for (name, text) in Bench.files(1) { #expect(try Client(port: server.port).get("/\(name)").text == text) }
        try bench.done("gc")
        // What gc took half comes back whole, with encodings.
        let three = try bench.publish(3, "--activate")
        let client = try Client(port: server.port)
        for (name, text) in Bench.files(3) {
            #expect(try client.get("/\(name)").text == text)
            #expect(try client.get("/\(name)", ["Accept-Encoding: br, gzip, zstd"]).status == 200)
        }
        #expect(try bench.releases()[three] == "current" && bench.releases()[one] != nil)
        server.stop()
        try bench.expectClean()
    }
}
