import Foundation
import TestPatience
import Testing

/// `/metrics` of a running server, read as a monitoring system reads it.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct MetricsTests {
    /// Samples by name and labels. Each family has its help and type first, and no sample comes twice.
    private func samples(_ text: String) throws -> [String: Double] {
        var found: [String: Double] = [:]
        var family: Substring = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "#" {
                if words[1] == "HELP" { family = words[2] } else { #expect(words[1] == "TYPE" && words[2] == family) }
                continue
            }
            // No label in these tests has a blank.
            try #require(words.count == 2, "\(line)")
            #expect(words[0].prefix { $0 != "{" } == family, "\(line)")
            #expect(found.updateValue(try #require(Double(words[1])), forKey: String(words[0])) == nil, "\(line)")
        }
        return found
    }

    private func read(_ bench: Bench) throws -> [String: Double] {
        let curl = try Running(
            ["-sS", "--fail", "--unix-socket", "\(bench.root)/data/admin.sock", "http://localhost/metrics"], in: bench.root,
            environment: [:],
            program: "/usr/bin/curl")
        let outcome = curl.wait()
        #expect(outcome.code == 0, "\(outcome.error)")
        return try samples(outcome.out)
    }

    @Test func whatRequestsMetIsCounted() throws {
        let word = try Word("first")
        defer { word.server.stop() }
        let bench = try Bench(site: [
            "backends: {app: {servers: [{url: \"\(word.url)\"}]}}", "routes:",
            "  - path: /kept/*", "    proxy:", "      backend: app", "      cache: {default_ttl: 1m}",
            #"      guard: [{name: '_(?<digest>[0-9a-f]{32})\.js$', digest: md5}]"#, "  - {path: /*, release: {}}",
        ])
        let server = try bench.serve()
        defer { server.stop() }
        let id = try bench.publish(1, "--activate")
        let client = try Client(port: server.port)
        // The word is not what this name says.
        let lie = "/kept/app_5f4dcc3b5aa765d61d8327deb882cf99.js"
        for path in ["/kept/x", "/kept/x", lie, "/gone-0123456789abcdef.js"] { _ = try client.get(path) }
        // Loops hand their counts over about once a second.
        var seen: [String: Double] = [:]
        #expect(
            try eventually {
                seen = try read(bench)
                return seen["tandem_requests_total"] == 4
            }, "\(seen)")
        #expect(seen["tandem_cache_requests_total{result=\"hit\"}"] == 1)
        #expect(seen["tandem_cache_requests_total{result=\"miss\"}"] == 2)
        #expect(seen["tandem_cache_requests_total{result=\"stale\"}"] == 0)
        #expect(seen["tandem_guard_mismatch_total"] == 1)
        #expect(seen["tandem_cache_objects"] == 1)
        #expect(seen["tandem_missing_names_total"] == 1)
        let backend = "site=\"default\",backend=\"app\",server=\"\(word.url)\",release=\"\""
        #expect(seen["tandem_upstream_healthy{\(backend)}"] == 1, "\(seen)")
        #expect(seen.keys.contains { $0.hasPrefix("tandem_release_state{") && $0.contains(id.prefix(12)) && $0.contains("current") })
    }

    @Test func aServerThatHasGoneIsNotHealthy() throws {
        let word = try Word("first")
        let bench = try Bench(site: [
            "backends: {app: {servers: [{url: \"\(word.url)\"}]}}", "routes:", "  - {path: /*, proxy: {backend: app}}",
        ])
        let server = try bench.serve()
        defer { server.stop() }
        let client = try Client(port: server.port)
        #expect(try client.get("/").status == 200)
        word.server.stop()
        #expect(
            try eventually {
                _ = try client.get("/")
                return try read(bench).contains { $0.key.hasPrefix("tandem_upstream_healthy") && $0.value == 0 }
            })
    }
}
