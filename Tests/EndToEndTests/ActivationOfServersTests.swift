import Foundation
import Testing

/// A release whose servers are not well gets no visitor: it is refused before any row says that it should.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ActivationOfServersTests {
    /// A server that says one word, and how it is.
    private struct CheckedWord {
        let bench: Bench
        let server: Server

        init(_ text: String, health: Int = 200) throws {
            bench = try Bench(site: [
                "routes:", "  - {path: /healthz, respond: {body: health, status: \(health)}}",
                "  - {path: /*, respond: {body: \(text)}}",
            ])
            server = try bench.serve()
        }

        var url: String { "http://127.0.0.1:\(server.port)" }
    }

    private func shop(_ word: CheckedWord, checks: Bool) throws -> Bench {
        let health = checks ? ", health: {path: /healthz, every: 1s, timeout: 5s, unhealthy: 2}" : ""
        return try Bench(site: [
            "backends: {app: {servers: [{url: \"\(word.url)\"}]\(health)}}", "routes:", "  - {path: /api/*, proxy: {backend: app}}",
            "  - {path: /*, release: {}}",
        ])
    }

    /// Nobody listens there.
    private static let nowhere = "http://127.0.0.1:1"

    @Test func aServerThatCannotBeReachedIsNamedWithItsReason() throws {
        let first = try CheckedWord("first")
        defer { first.server.stop() }
        let bench = try shop(first, checks: false)
        let server = try bench.serve()
        defer { server.stop() }
        let old = try bench.publish(1, "--activate")
        let outcome = try bench.start(["publish", try bench.build(2), "--backend", "app=\(Self.nowhere)", "--activate"]).wait()
        #expect(outcome.code == 4)
        #expect(outcome.error.contains("is not activated:\nserver \(Self.nowhere) of backend app cannot be reached: Connection refused"))
        // It is published, and nothing has moved.
        let states = try bench.releases()
        #expect(states[old] == "current" && states.values.sorted() == ["current", "published"])
        let new = try #require(states.keys.first { $0 != old })
        #expect(try Client(port: server.port).get("/api/x").text == "first")
        #expect(try bench.run("release", "activate", new).code == 4)
        // With a server that is there, the same goes out.
        _ = try bench.publish(2, "--backend", "app=\(first.url)", "--activate")
        #expect(try bench.releases()[new] == "current")
    }

    @Test func whatItsCheckSaysDecides() throws {
        let (first, sick) = (try CheckedWord("first"), try CheckedWord("sick", health: 503))
        defer { first.server.stop(); sick.server.stop() }
        let bench = try shop(first, checks: true)
        let server = try bench.serve()
        defer { server.stop() }
        try bench.publish(1, "--activate")
        let folder = try bench.build(2)
        // One of two is enough to refuse: a part of the visitors would meet it.
        let outcome = try bench.start(
            ["publish", folder, "--backend", "app=\(first.url)", "--backend", "app=\(sick.url)", "--activate"]).wait()
        #expect(outcome.code == 4 && outcome.error.contains("server \(sick.url) of backend app answers GET /healthz with 503"))
        #expect(!outcome.error.contains("server \(first.url) "))
        _ = try bench.publish(2, "--backend", "app=\(first.url)", "--activate")
        // A release that has visitors keeps the servers it has, where others are not well.
        let change = try bench.start(["publish", folder, "--backend", "app=\(sick.url)"]).wait()
        #expect(change.code == 4 && change.error.contains("keeps its servers"))
        #expect(try Client(port: server.port).get("/api/x").text == "first")
    }

    /// Whoever goes back is in a hurry: one server that is there is enough, but none is an outage.
    @Test func aReturnNeedsOneServerOfEachBackend() throws {
        let (first, second) = (try CheckedWord("first"), try CheckedWord("second"))
        defer { first.server.stop(); second.server.stop() }
        let bench = try shop(first, checks: true)
        let server = try bench.serve()
        defer { server.stop() }
        let old = try bench.publish(1, "--backend", "app=\(second.url)", "--activate")
        let new = try bench.publish(2, "--activate")
        try bench.done("release", "retire", old)
        // Not live: what it is to have is asked when it is to go out.
        _ = try bench.publish(1, "--backend", "app=\(second.url)", "--backend", "app=\(Self.nowhere)")
        try bench.done("release", "rollback")
        #expect(try bench.releases()[old] == "current")
        try bench.done("release", "activate", new)
        try bench.done("release", "retire", old)
        second.server.stop()
        let outcome = try bench.run("release", "rollback")
        #expect(outcome.code == 4 && outcome.error.contains("is not returned to:"))
        #expect(try bench.releases()[new] == "current")
    }

    /// Where nobody serves, nobody is sent anywhere.
    @Test func withoutAServerNothingIsAsked() throws {
        let first = try CheckedWord("first")
        defer { first.server.stop() }
        let bench = try shop(first, checks: true)
        let release = try bench.publish(1, "--backend", "app=\(Self.nowhere)", "--activate")
        #expect(try bench.releases()[release] == "current")
    }
}
