import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Serving

@Suite struct TallyTests {
    private static let script = "app-0123456789abcdef.js"

    /// v2 current, v1 draining with a script that only it has.
    private func site() throws -> TestSite {
        var site = try TestSite([TestFile("index.html", "v2")])
        site.releases.append(try site.store.release([TestFile("index.html", "v1"), TestFile(Self.script, "v1", .strong)], .draining))
        return site
    }

    @Test func hotAndColdRequestsCountAlike() throws {
        let site = try site()
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        _ = server.takeTally()
        for _ in 0..<3 {
            _ = try server.get("/")
            _ = try server.get("/\(Self.script)")
            _ = try server.get("/", ["X-Deployment-Id: \(site.releases[1].hex)"])
        }
        let batch = server.takeTally()
        let current = try #require(batch.releases.first { $0.release == site.releases[0].id })
        #expect(current.requests == 3 && current.documents == 3 && current.needed == 0 && current.errors == 0)
        let old = try #require(batch.releases.first { $0.release == site.releases[1].id })
        #expect(old.requests == 6 && old.documents == 3 && old.needed == 6)
        #expect(old.sketch.estimate == 1)
        #expect(old.neededNames == ["/\(Self.script)", "/"])
        #expect(old.lastNeededAt != nil)
        #expect(batch.requests == 9)
    }

    @Test func aBatchIsTakenOnce() throws {
        let server = try TestServer(try site().snapshot(1))
        defer { server.stop() }
        _ = try server.get("/")
        _ = try server.get("/nothing-0123456789abcdef.js")
        _ = server.takeTally()
        let second = server.takeTally()
        #expect(second.releases.isEmpty)
        #expect(second.requests == 0)
        #expect(second.missing.isEmpty && second.missingCount == 0)
    }

    @Test func whatWasCountedBeforeASnapshotIsNotLost() throws {
        let site = try site()
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        _ = server.takeTally()
        for number in 2...4 {
            _ = try server.get("/")
            server.follow(site.snapshot(UInt64(number)))
        }
        _ = try server.get("/")
        let batch = server.takeTally()
        #expect(batch.releases.filter { $0.release == site.releases[0].id }.reduce(0) { $0 + $1.requests } == 4)
    }

    @Test func namesAndMissesAreKeptWithinBounds() throws {
        var tally = Tally()
        tally.follow(try site().snapshot(1))
        for number in 0..<1000 {
            let name = Array("/\(number)".utf8)
            name.withUnsafeBufferPointer {
                tally.needed(site: 0, release: 1, client: .local, now: Timestamp(milliseconds: Int64(number)), target: $0)
            }
            tally.missing(MissingName(site: .default, name: "/\(number)", client: 1, at: Timestamp(milliseconds: 0)))
        }
        // The rows move to the batch when a snapshot comes; the loop itself is not needed to look at them.
        let server = try TestServer(try site().snapshot(1))
        defer { server.stop() }
        let batch = server.onLoop { [tally] loop, _ in
            var tally = tally
            return tally.take(loop, droppedLogLines: 5)
        }
        #expect(batch.missingCount == 1000)
        #expect(batch.missing.count == 256)
        #expect(batch.releases.count == 1)
        #expect(batch.releases.first?.needed == 1000)
        #expect(batch.releases.first?.neededNames.count == 8)
        #expect(batch.releases.first?.lastNeededAt == Timestamp(milliseconds: 999))
        #expect(batch.droppedLogLines == 5)
    }
}
