import Blobs
import Compression
import Foundation
import Manifests
import Model
import State
import Testing

@testable import Releases

@Suite struct DeltaTests {
    private let old = DeltaTests.noise("old")
    private let new = DeltaTests.noise("old") + "// changed\n"
    private static let day: Int64 = 86_400

    /// Text that no coding makes much smaller, so that only a dictionary does.
    private static func noise(_ seed: String) -> String {
        (0..<200).map { digest("\(seed) \($0)").hex }.joined(separator: "\n")
    }

    /// Two releases of a script, and the deltas from the first to the second.
    private func bench() async throws -> (bench: Bench, old: ReleaseID, new: ReleaseID) {
        let bench = try Bench(onDisk: true)
        let first = try await bench.publish([proven("app", old): old])
        let second = try await bench.publish([proven("app", new): new])
        try await make(bench, from: first, to: second)
        return (bench, first, second)
    }

    private func make(_ bench: Bench, from old: ReleaseID, to new: ReleaseID) async throws {
        try await DeltaMaker(store: bench.store, staging: "deltas").run(DeltaPlan.Move(to: new, from: [old])) {}
    }

    private func file(_ bench: Bench, _ id: ReleaseID) throws -> Dictionaries? {
        Dictionaries(path: bench.directory.dictionariesPath(id), manifest: try bench.store.manifest(id))
    }

    @Test func theNextVersionIsMadeADifference() async throws {
        let (bench, first, second) = try await bench()
        let delta = try #require(try file(bench, second)?.find(0, dictionary: digest(old)) { $0 == first })
        #expect(delta.size < 200)
        let bytes = try bench.directory.blobs.read(delta.blob)
        let content = try bytes.withUnsafeBytes { bytes in
            try Array(old.utf8).withUnsafeBytes { dictionary in
                try digest(old).withBytes { try Delta.decompress(bytes, dictionary: dictionary, digest: $0, size: new.utf8.count) }
            }
        }
        #expect(content == Array(new.utf8))
        #expect(try bench.inspect().findings == [])
    }

    @Test func aReleaseOffersFromTheMomentItExists() async throws {
        let bench = try Bench()
        let id = try await bench.publish([proven("app", old): old])
        #expect(try file(bench, id)?.advertises(0) == true)
    }

    @Test func madeAgainItIsTheSame() async throws {
        let (bench, first, second) = try await bench()
        let before = try bench.store.database.deltas()
        try await make(bench, from: first, to: second)
        #expect(try bench.store.database.deltas() == before)
        #expect(before.count == 1)
    }

    /// A content that shares nothing with the last one is recorded as tried, and tried no more.
    @Test func whatIsNotWorthItIsNotKept() async throws {
        let bench = try Bench()
        let other = Self.noise("other")
        let first = try await bench.publish([proven("app", old): old])
        let second = try await bench.publish([proven("app", other): other])
        _ = try await bench.encode(second)
        let blobs = bench.blobs
        try await make(bench, from: first, to: second)
        #expect(bench.blobs == blobs)
        #expect(try bench.store.database.deltas().map(\.isWorthIt) == [false])
        #expect(try file(bench, second)?.find(0, dictionary: digest(old)) { _ in true } == nil)
        #expect(try bench.inspect().findings == [])
    }

    // MARK: Beside gc, fsck, revoke and export

    @Test func aDeltaStaysWhileItsContentAndItsDictionaryDo() async throws {
        let (bench, first, _) = try await bench()
        #expect(try bench.collect(after: Self.day) == Collector.Outcome())
        try bench.move(first, to: .current, .draining, .kept, .removed)
        let outcome = try bench.collect(after: Self.day)
        #expect(outcome.blobs == 2)
        #expect(bench.blobs == [digest(new)])
        #expect(try bench.store.database.deltas() == [])
    }

    @Test func withARevokedReleaseItsDictionariesGo() async throws {
        let (bench, first, _) = try await bench()
        try bench.move(first, to: .revoked)
        _ = try bench.collect(after: Self.day)
        #expect(bench.blobs == [digest(new)])
    }

    @Test func anExportHasNoDeltas() async throws {
        let (bench, _, second) = try await bench()
        let target = "\(bench.place.path)/out"
        try ReleaseExport(directory: bench.directory).run(second, to: target)
        #expect(FileReader.names(in: target) == [proven("app", new)])
    }

    @Test func aDamagedDeltaIsForgottenAndMadeAgain() async throws {
        let (bench, first, second) = try await bench()
        let delta = try #require(try bench.store.database.deltas().first)
        bench.damage(bench.directory.blobs.path(delta.blob), at: 50)
        let report = try bench.inspect()
        #expect(report.findings.map(\.kind) == [.damagedBlob, .damagedEncoding])
        #expect(report.isClean)
        #expect(try bench.store.database.deltas() == [])
        try await make(bench, from: first, to: second)
        #expect(try bench.store.database.deltas() == [delta])
        #expect(try file(bench, second)?.find(0, dictionary: digest(old)) { _ in true } != nil)
        #expect(try bench.inspect().findings == [])
    }

    @Test func aDeltaOfAnotherContentIsFound() async throws {
        let (bench, _, _) = try await bench()
        let right = try #require(try bench.store.database.deltas().first)
        let wrong = DeltaRecord(source: right.dictionary, dictionary: right.source, blob: right.blob, size: right.size)
        try bench.store.database.recordDeltas([wrong])
        #expect(try bench.inspect().findings.map(\.kind) == [.damagedEncoding])
        #expect(try bench.store.database.deltas() == [right])
    }

    // MARK: The plan

    private func record(_ name: String, _ state: ReleaseState, published: Int64, current: Int64? = nil) -> ReleaseRecord {
        ReleaseRecord(
            site: shop, id: ReleaseID(digest(name)), state: state, fileCount: 1, contentBytes: 1, publishedAt: at(published),
            currentAt: current.map { at($0) })
    }

    private func from(_ name: String, in plan: DeltaPlan) -> [ReleaseID]? {
        plan.moves.first { $0.to == ReleaseID(digest(name)) }?.from
    }

    @Test func visitorsComeFromWhatWasTheSitesTheLatestFirst() {
        let plan = DeltaPlan(sites: [
            [
                record("e", .published, published: 50), record("d", .current, published: 40, current: 41),
                record("c", .draining, published: 30, current: 31), record("b", .kept, published: 20, current: 21),
                record("a", .kept, published: 10, current: 11), record("never", .kept, published: 5),
                record("gone", .revoked, published: 4),
                record("early", .published, published: 3),
            ]
        ])
        #expect(Set(plan.moves.map(\.to)) == Set(["c", "d", "e"].map { ReleaseID(digest($0)) }))
        #expect(from("e", in: plan) == ["d", "c", "b"].map { ReleaseID(digest($0)) })
        #expect(from("d", in: plan) == ["c", "b", "a"].map { ReleaseID(digest($0)) })
        #expect(from("c", in: plan) == ["d", "b", "a"].map { ReleaseID(digest($0)) })
    }

    @Test func oneReleaseOfTwoSitesIsReachedFromBoth() {
        let plan = DeltaPlan(sites: [
            [record("x", .current, published: 9, current: 9), record("a", .draining, published: 1, current: 1)],
            [record("x", .current, published: 9, current: 9), record("b", .draining, published: 1, current: 1)],
        ])
        #expect(from("x", in: plan) == ["a", "b"].map { ReleaseID(digest($0)) })
    }
}
