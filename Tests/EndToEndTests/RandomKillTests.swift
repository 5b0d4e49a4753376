import Foundation
import Glibc
import TestPatience
import TestSeeds
import Testing

/// S6: `kill -9` of publish, serve and gc at random moments. `TANDEM_KILLS` says how often, `TANDEM_SEED` from which seed.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct RandomKillTests {
    @Test func nothingIsLostByKillsAtRandomMoments() throws {
        let kills = getenv("TANDEM_KILLS").flatMap { Int(String(cString: $0)) } ?? 12
        let seed = getenv("TANDEM_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_121
        var random = SeededGenerator(seed: seed)
        let bench = try Bench(site: ["rollout: {canary: [50%, 100%], step: 1s, retire_when: {quiet: 1s}}"])
        var versions: [String: Int] = [:]
        for version in 1...6 { try bench.build(version) }
        versions[try bench.publish(1, "--activate")] = 1
        for version in 2...6 {
            // The id is a function of the folder: learned in a store of its own.
            let other = try Bench()
            versions[try other.publish(version)] = version
        }
        var server: Server? = try bench.serve()
        var counts: [String: Int] = [:]
        for round in 0..<kills {
            let what = ["publish", "publish", "publish alone", "serve", "gc"].randomElement(using: &random)!
            let moment = UInt32.random(in: 0..<120_000, using: &random)
            counts[what, default: 0] += 1
            if what == "publish alone" { server?.stop(); server = nil } else if server == nil { server = try bench.serve() }
            if what == "gc" { bench.age() }
            let version = Int.random(in: 1...6, using: &random)
            let process = try bench.start(what == "gc" ? ["gc"] : ["publish", "v\(version)", "--activate"])
            usleep(moment)
            if what == "serve" {
                server?.crash()
                server = nil
            } else {
                process.signal(SIGKILL)
            }
            process.wait()
            try afterwards(bench, versions, &server, "seed \(seed), kill \(round): \(what) \(version) after \(moment) µs")
        }
        print(
            "random kills: \(kills) from seed \(seed): \(counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))"
        )
        try untilOver(bench)
        server?.stop()
        try bench.expectClean()
    }

    private func afterwards(_ bench: Bench, _ versions: [String: Int], _ server: inout Server?, _ told: String) throws {
        let fsck = try bench.run("fsck", "--json")
        let findings = try fsck.object()["findings"] as? [Any]
        #expect(fsck.code == 0 && findings?.isEmpty == true, "\(told)\n\(fsck.out)\(fsck.error)")
        if server == nil { server = try bench.serve() }
        guard let server else { return }
        let releases = try bench.releases()
        #expect(releases.keys.allSatisfy { versions[$0] != nil }, "\(told)")
        #expect(releases.values.count { $0 == "current" } == 1, "\(told)")
        // Every release that is listed has all its names, and the page is one release's, whole.
        let client = try Client(port: server.port)
        let page = try client.get("/")
        let id = try #require(page.fields["x-deployment-id"], "\(told)")
        let version = try #require(versions[id], "\(told)")
        #expect(releases[id]?.isEmpty == false, "\(told)")
        #expect(page.status == 200 && page.text == Bench.files(version)["index.html"], "\(told)")
        for (release, state) in releases where state != "removed" && state != "revoked" {
            for (name, text) in Bench.files(versions[release] ?? 0) where name != "index.html" {
                let answer = try client.get("/\(name)")
                #expect(answer.status == 200 && answer.text == text, "\(told): \(name)")
            }
        }
    }

    /// The rollout that was running goes on to its end.
    private func untilOver(_ bench: Bench) throws {
        let isOver = try eventually {
            let report = try bench.run("rollout", "status", "--json").object()
            let phase = (report["rollout"] as? [String: Any])?["phase"] as? String
            return phase != "preparing" && phase != "overlapping"
        }
        let status = try bench.run("rollout", "status").out
        #expect(isOver, "the rollout did not go on: \(status)")
    }
}
