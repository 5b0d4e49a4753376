import Foundation
import Testing

/// What is kept of one release's servers: seen, explained and taken away by itself.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ReleaseCacheTests {
    @Test func entriesOfAReleaseAreSeenExplainedAndPurged() throws {
        let (first, second) = (try Word("first"), try Word("second"))
        defer { first.server.stop(); second.server.stop() }
        let bench = try Bench(site: [
            "backends: {app: {servers: [{url: \"\(first.url)\"}]}}", "routes:",
            "  - {path: /kept/*, proxy: {backend: app, cache: {tags: [api]}, path: {strip: /kept}, guard: {on_mismatch: refuse}}}",
            "  - {path: /api/*, proxy: {backend: app}}", "  - {path: /*, release: {}}",
        ])
        let server = try bench.serve()
        defer { server.stop() }
        let old = try bench.publish(1, "--activate")
        let new = try bench.publish(2, "--backend", "app=\(second.url)", "--activate")
        let (client, host) = (try Client(port: server.port), "shop.test")
        let url = "http://\(host)/kept/x"
        func explained(_ more: String...) throws -> (proxy: [String: Any], text: String) {
            let arguments = ["explain", url] + more
            let object = try bench.start(arguments + ["--json"]).wait().object()
            return (try #require(object["proxy"] as? [String: Any]), try bench.start(arguments).wait().out)
        }
        func cache(_ more: String...) throws -> [String: Any] {
            let object = try bench.start(["explain", url, "--json"] + more).wait().object()
            return try #require((object["proxy"] as? [String: Any])?["cache"] as? [String: Any])
        }
        let absent = try explained()
        #expect(absent.proxy["backend"] as? String == "app" && absent.proxy["release"] as? String == new)
        #expect(absent.proxy["servers"] as? [String] == [second.url])
        #expect(try cache()["state"] as? String == "absent")
        #expect(absent.text.contains("nothing is kept under it"))
        #expect(absent.text.contains("those of release \(new.prefix(12))"))
        #expect(absent.text.contains("servers are asked for /x"))
        #expect(try client.get("/kept/x").text == "second")
        #expect(try client.get("/kept/x", ["X-Deployment-Id: \(old)"]).text == "first")
        let kept = try cache()
        #expect(kept["state"] as? String == "fresh" && kept["key"] as? String == "\(url) \(new)")
        #expect((kept["tags"] as? [String])?.contains("api") == true)
        #expect(kept["guard"] as? String == "the name says nothing of its content")
        let pinned = try explained("--header", "X-Deployment-Id: \(old)")
        #expect(pinned.proxy["release"] as? String == old && pinned.text.contains("those of the configuration"))
        #expect(pinned.text.contains("pinned by the header"))
        // A name that claims something.
        let named = try bench.done("explain", "\(url).js?\(String(repeating: "0", count: 32))")
        #expect(named.contains("proven by its content, else kept for a minute"))

        // Inspection: of one release, or which there are.
        let digests = [
            try bench.done("cache", "inspect", url, "--release", new), try bench.done("cache", "inspect", url, "--release", old),
        ]
        #expect(digests.allSatisfy { $0.hasPrefix("200, ") } && digests[0] != digests[1])
        let which = try bench.done("cache", "inspect", url)
        #expect(which.hasPrefix("kept of servers of ") && which.contains(new.prefix(12)) && which.contains(old.prefix(12)))
        let listed = try bench.run("cache", "inspect", url, "--json").object()
        #expect(Set(listed["releases"] as? [String] ?? []) == [old, new])

        try bench.done("cache", "purge", "--release", String(old.prefix(12)), "--soft")
        #expect(try cache("--header", "X-Deployment-Id: \(old)")["state"] as? String == "stale")
        #expect(try cache()["state"] as? String == "fresh")
        try bench.done("cache", "purge", "--release", new)
        #expect(try cache()["state"] as? String == "absent")
        #expect(try cache("--header", "X-Deployment-Id: \(old)")["state"] as? String == "stale")
        #expect(try bench.run("cache", "purge", "--release", "000000000000").code != 0)
        // Another route, for which nothing is kept.
        let plain = try bench.done("explain", "http://\(host)/api/x")
        #expect(plain.contains("off: every request goes to a server"))
    }

    /// Where no server runs, the next one finds nothing either.
    @Test(arguments: [true, false]) func whatIsKeptOfARevokedReleaseIsGoneFromTheDisk(runs: Bool) throws {
        let (first, second) = (try Word("first"), try Word("second"))
        defer { first.server.stop(); second.server.stop() }
        let bench = try Bench(site: [
            "backends: {app: {servers: [{url: \"\(first.url)\"}]}}", "routes:", "  - {path: /kept/*, proxy: {backend: app, cache: on}}",
            "  - {path: /*, release: {}}",
        ])
        let server = try bench.serve()
        defer { server.stop() }
        let leaked = try bench.publish(1, "--backend", "app=\(second.url)", "--activate")
        let client = try Client(port: server.port)
        for name in ["x", "y"] { #expect(try client.get("/kept/\(name)").text == "second") }
        try bench.publish(2, "--activate")
        #expect(try client.get("/kept/x").text == "first")
        #expect(bench.cached().filter { $0.contains(leaked) }.count == 2)
        if !runs { server.stop() }
        try bench.done("release", "retire", leaked)
        try bench.done("release", "revoke", leaked)
        #expect(bench.cached().count == 1 && !bench.cached().contains { $0.contains(leaked) })
    }
}

extension Bench {
    /// The files of the cache that hold answers.
    fileprivate func cached() -> [String] {
        let folder = "\(data)/cache"
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.contains("/") && !$0.hasPrefix("tmp") }
            .compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)") }.map { String(decoding: $0, as: UTF8.self) }
    }
}
