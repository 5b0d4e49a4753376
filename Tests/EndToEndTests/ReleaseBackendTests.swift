import Foundation
import TestPatience
import Testing

/// Servers that belong to releases: a page goes on talking to its own (S4), and shared caches are told what they may not mix (S7).
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ReleaseBackendTests {
    private func shop(_ word: Word, canary: String = "[100%]") throws -> Bench {
        try Bench(site: [
            "rollout: {canary: \(canary), step: 1h}", "backends: {app: {servers: [{url: \"\(word.url)\"}]}}", "routes:",
            "  - {path: /api/*, proxy: {backend: app}}", "  - {path: /kept/*, proxy: {backend: app, cache: on}}",
            "  - {path: /*, release: {}}",
        ])
    }

    @Test func aPageTalksToItsOwnServerUntilItsReleaseIsRetired() throws {
        let (first, second) = (try Word("first"), try Word("second"))
        defer { first.server.stop(); second.server.stop() }
        let bench = try shop(first)
        let server = try bench.serve()
        defer { server.stop() }
        let old = try bench.publish(1, "--activate")
        let client = try Client(port: server.port)
        #expect(try client.get("/api/x").text == "first")
        #expect(try client.get("/kept/x").text == "first")
        let new = try bench.publish(2, "--backend", "app=\(second.url)", "--activate")
        for path in ["/api/x", "/kept/x"] {
            for _ in 0..<3 {
                let answer = try client.get(path)
                #expect(answer.text == "second" && answer.fields["x-deployment-id"] == new)
                #expect(answer.fields["vary"]?.hasPrefix("X-Deployment-Id") == true)
                #expect(try client.get(path, ["X-Deployment-Id: \(old)"]).text == "first")
                #expect(try client.get("\(path)?dpl=\(old)").text == "first")
            }
        }
        #expect(try client.get("/kept/x").fields["cache-status"]?.contains("hit") == true)
        // Counts are written about once a second.
        #expect(try eventually { try bench.run("rollout", "status").out.contains("last needed") })
        try bench.done("release", "retire", old)
        #expect(try client.get("/api/x", ["X-Deployment-Id: \(old)"]).text == "second")
        #expect(try bench.run("release", "show", new).out.contains("app → \(second.url)"))
        // The same with another server: at once, and without it nothing changes.
        _ = try bench.publish(2, "--backend", "app=\(first.url)")
        #expect(try client.get("/api/x").text == "first")
        _ = try bench.publish(2)
        #expect(try client.get("/api/x").text == "first")
        try bench.expectClean()
    }

    @Test func aVisitorOfTheCanaryIsLedToItsServerAndNobodyElse() throws {
        let (first, second) = (try Word("first"), try Word("second"))
        defer { first.server.stop(); second.server.stop() }
        let bench = try shop(first, canary: "[50%, 100%]")
        let server = try bench.serve()
        defer { server.stop() }
        let old = try bench.publish(1, "--activate")
        let new = try bench.publish(2, "--backend", "app=\(second.url)", "--activate")
        let client = try Client(port: server.port)
        let navigation = "Sec-Fetch-Mode: navigate"
        for path in ["/api/x", "/kept/x"] {
            for _ in 0..<2 {
                let canary = try client.get(path, [navigation, "Cookie: tandem=10.000000000000"])
                #expect(canary.text == "second" && canary.fields["cache-control"] == "private, no-cache")
                #expect(canary.fields["set-cookie"]?.hasPrefix("tandem=10.\(new.prefix(12));") == true)
                let other = try client.get(path, [navigation, "Cookie: tandem=9999.000000000000"])
                #expect(other.text == "first" && other.fields["cache-control"] == "private, no-cache")
                // What its page asks for afterwards.
                let script = try client.get(path, ["Cookie: tandem=10.\(new.prefix(12))"])
                #expect(script.text == "second" && script.fields["cache-control"] == "private, no-cache")
                // Who brings nothing gets what everybody gets, and caches may keep it.
                let nobody = try client.get(path)
                #expect(nobody.text == "first" && nobody.fields["cache-control"] == "public, max-age=600")
                #expect(nobody.fields["set-cookie"] == nil && nobody.fields["x-deployment-id"] == old)
            }
        }
        try bench.done("rollout", "abort")
        #expect(try client.get("/api/x", [navigation, "Cookie: tandem=10.\(new.prefix(12))"]).text == "first")
    }

    @Test func whatIsNoBackendIsRefusedAndNothingIsPublished() throws {
        let first = try Word("first")
        defer { first.server.stop() }
        let bench = try shop(first)
        for (option, words) in [
            ("api=http://127.0.0.1:1", "site default has no backend api: it has app"), ("app", "--backend takes NAME=URL"),
            ("app=ftp://127.0.0.1", "write http://"),
        ] {
            let outcome = try bench.start(["publish", try bench.build(1), "--backend", option]).wait()
            #expect(outcome.code == 2 && outcome.error.contains(words), "\(option): \(outcome.code) \(outcome.error)")
        }
        #expect(try bench.releases().isEmpty)
    }
}
