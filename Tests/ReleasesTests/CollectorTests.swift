import Blobs
import Foundation
import Glibc
import Manifests
import Model
import State
import Testing

@testable import Releases

@Suite struct CollectorTests {
    static let day: Int64 = 86_400
    let large = String(repeating: "let answer = 42;\n", count: 500)

    @Test func whatAReleaseNeedsStays() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large, "b": "1"])
        #expect(try await bench.encode(id) == 1)
        let before = bench.blobs
        #expect(before.count == 5)
        let outcome = try bench.collect(after: Self.day)
        #expect(outcome == Collector.Outcome())
        #expect(bench.blobs == before)
        #expect(try bench.inspect().findings == [])
    }

    @Test func whatNothingRefersToGoesWhenItIsAnHourOld() async throws {
        let bench = try Bench()
        let kept = try await bench.publish(["b": "1"])
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22", "b": "1"]))
        #expect(try bench.collect(after: 3_000).blobs == 0)
        let outcome = try bench.collect(after: 4_000)
        #expect(outcome.blobs == 1 && outcome.bytes == 2 && outcome.manifests == [prepared.id])
        #expect(bench.blobs == [digest("1")])
        #expect(
            FileReader.names(in: "\(bench.directory.root)/releases") == [kept.hex, "\(kept.hex).dictionaries", "\(kept.hex).encodings"])
    }

    @Test func aDryRunOnlySays() async throws {
        let bench = try Bench()
        _ = try await bench.prepare(bench.place.site(["a.js": "22"]))
        let said = try bench.collect(after: Self.day, dryRun: true)
        #expect(said.blobs == 1)
        #expect(bench.blobs == [digest("22")])
        #expect(try bench.collect(after: Self.day) == said)
        #expect(bench.blobs == [])
    }

    @Test func aRemovedReleaseGoesWithItsEncodings() async throws {
        let bench = try Bench()
        let old = try await bench.publish(["a.js": large, "shared": "1"])
        _ = try await bench.encode(old)
        let new = try await bench.publish(["b.js": "3", "shared": "1"])
        try bench.move(old, to: .current, .draining, .kept, .removed)
        let outcome = try bench.collect(after: Self.day)
        #expect(outcome.manifests == [old])
        #expect(bench.blobs == [digest("3"), digest("1")])
        #expect(try bench.store.database.encodings().filter { $0.source == digest(large) } == [])
        #expect(FileReader.names(in: "\(bench.directory.root)/releases").allSatisfy { $0.hasPrefix(new.hex) })
        #expect(try bench.inspect().findings == [])
    }

    /// Its names answer 410: for that the manifest is needed, and the bytes are what was to go.
    @Test func ofARevokedReleaseOnlyTheManifestStays() async throws {
        let bench = try Bench()
        let leaked = try await bench.publish(["key.txt": "secret", "shared": "1"])
        try await bench.publish(["shared": "1"])
        try bench.move(leaked, to: .revoked)
        _ = try bench.collect(after: Self.day)
        #expect(bench.blobs == [digest("1")])
        #expect(try bench.store.manifest(leaked).count == 2)
        #expect(try bench.inspect().findings == [])
    }

    @Test func aPublishThatReusesAnOldBlobKeepsItYoung() async throws {
        let bench = try Bench()
        let path = bench.place.site(["a.js": "22"])
        _ = try await bench.prepare(path)
        var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 5, tv_nsec: 0)]
        utimensat(AT_FDCWD, bench.directory.blobs.path(digest("22")), &times, 0)
        #expect(try bench.collect(after: 0, dryRun: true).blobs == 1)
        let prepared = try await bench.prepare(path)
        #expect(try bench.collect(after: 0).blobs == 0)
        _ = try bench.store.commit(bench.claim(prepared), now: at(0))
    }

    /// A publish of many gigabytes takes more than an hour, and what it wrote first is older than that.
    @Test func whatAnOpenPublishHasWrittenStaysHoweverLongItTakes() async throws {
        let bench = try Bench()
        try bench.store.database.beginPublish("p", site: shop, now: at(0))
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22"]))
        try bench.store.database.heartbeatPublish("p", now: at(7_190))
        #expect(try bench.collect(after: 7_200) == Collector.Outcome())
        _ = try bench.store.commit(bench.claim(prepared, publish: "p"), now: at(7_201))
        #expect(try bench.store.manifest(prepared.id).count == 1)
    }

    @Test func whatAPublishThatFellSilentHasWrittenGoes() async throws {
        let bench = try Bench()
        try bench.store.database.beginPublish("p", site: shop, now: at(0))
        _ = try await bench.prepare(bench.place.site(["a.js": "22"]))
        #expect(try bench.collect(after: 7_200).blobs == 1)
    }

    /// `gc` was killed between unlinking and its commit: the rows of encodings outlive their blobs.
    @Test func rowsOfEncodingsWithoutBlobsDoNotComeBackWithTheirContent() async throws {
        let bench = try Bench()
        let files = ["a.js": large]
        let id = try await bench.publish(files)
        _ = try await bench.encode(id)
        try bench.move(id, to: .current, .draining, .kept, .removed)
        for blob in bench.blobs { try bench.directory.blobs.remove(blob) }

        let again = try await bench.publish(files)
        #expect(again == id)
        let manifest = try bench.store.manifest(id)
        let encodings = try #require(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest))
        for coding in Coding.allCases { #expect(encodings.find(coding, entry: 0) == nil, "\(coding)") }
        #expect(try await bench.encode(id) == 1)
        #expect(try bench.inspect().findings == [])
        #expect(bench.blobs.count == 4)
    }
}
