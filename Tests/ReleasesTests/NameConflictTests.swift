import Files
import Manifests
import Model
import Names
import State
import Testing

@testable import Releases

/// Rule 1: one fingerprinted name means one content for as long as a release has it.
@Suite struct NameConflictTests {
    /// Names of one shape, so that the release confirms it: strong.
    static func vite(_ content: String) -> [String: String] {
        let tokens = ["BkX3_a9Q", "C7dhT1pz", "Dq8LmZ02", "B1f-Yw5R", "CwP4sN6e", "D2xKvJ8u", "BtR9gH3i", "CyE5oM7l", "DzA0bV1n"]
        return Dictionary(uniqueKeysWithValues: tokens.map { ("assets/chunk-\($0).js", "\(content) \($0)") })
    }

    @Test func aProvenNameWithOtherBytesIsRefusedNamingBothReleases() async throws {
        let bench = try Bench()
        let declared = ["^/static/"]
        let first = try await bench.publish(["static/app.js": "one", "index.html": "1"], declared: declared)
        let before = try bench.store.database.releases(shop)
        await #expect(throws: ReleaseFault.conflict(name: "static/app.js", mine: digest("two"), other: first, theirs: digest("one"))) {
            try await bench.publish(["static/app.js": "two", "index.html": "2"], declared: declared)
        }
        #expect(try bench.store.database.releases(shop) == before)
        let fault = ReleaseFault.conflict(name: "n", mine: digest("two"), other: first, theirs: digest("one"))
        #expect(fault.isRefusal)
        #expect(fault.description.contains(first.short) && fault.description.contains(String(digest("two").hex.prefix(12))))
    }

    @Test func strongNamesOfTwoReleasesConflictToo() async throws {
        let bench = try Bench()
        let first = try await bench.publish(Self.vite("one"))
        let counts = bench.store.nameCounts(of: first)
        try #require(counts["strong"] == 9)
        await #expect { try await bench.publish(Self.vite("two")) } throws: {
            if case ReleaseFault.conflict(_, _, first, _) = $0 { true } else { false }
        }
    }

    @Test func theSameNamesWithTheSameBytesAreWelcome() async throws {
        let bench = try Bench()
        let first = try await bench.publish(Self.vite("one"))
        let second = try await bench.publish(Self.vite("one").merging(["index.html": "2"]) { $1 })
        #expect(first != second)
    }

    @Test func documentsMayDiffer() async throws {
        let bench = try Bench()
        try await bench.publish(["index.html": "1", "app.js": "1"])
        try await bench.publish(["index.html": "2", "app.js": "2"])
        #expect(try bench.store.database.releases(shop).count == 2)
    }

    @Test func aStrongNameThatIsADocumentBesideItIsDemoted() async throws {
        let bench = try Bench()
        let name = try #require(Self.vite("").keys.sorted().first)
        // Alone its shape confirms nothing.
        let first = try await bench.publish([name: "other", "index.html": "1"])
        try #require(bench.store.nameCounts(of: first)["strong"] == 0)
        let path = bench.place.site(Self.vite("two"))
        let prepared = try await bench.prepare(path)
        #expect(prepared.demoted == [name])
        #expect(prepared.entries.first { $0.name == name }?.nameClass == .suspected)
        #expect(prepared.entries.count { $0.nameClass == .strong } == 8)
        _ = try bench.store.commit(bench.claim(prepared), now: at(0))
    }

    /// A proven or declared name differs from a document of the same name: by the rule it is refused, since one URL would
    /// have two contents for those who still have the old pages.
    @Test func aDeclaredNameThatIsADocumentBesideItIsRefused() async throws {
        let bench = try Bench()
        let first = try await bench.publish(["static/app.js": "one"])
        await #expect(throws: ReleaseFault.conflict(name: "static/app.js", mine: digest("two"), other: first, theirs: digest("one"))) {
            try await bench.publish(["static/app.js": "two"], declared: ["^/static/"])
        }
    }

    @Test func aRevokedReleaseHoldsNoNames() async throws {
        let bench = try Bench()
        let first = try await bench.publish(["static/app.js": "one"], declared: ["^/static/"])
        try bench.move(first, to: .revoked)
        try await bench.publish(["static/app.js": "two"], declared: ["^/static/"])
    }

    @Test func anotherSitesNamesAreNoMatter() async throws {
        let bench = try Bench()
        try await bench.publish(["static/app.js": "one"], declared: ["^/static/"])
        let other = try #require(SiteName("other"))
        let prepared = try await Publisher(directory: bench.directory, threads: 1).prepare(
            try Folder(bench.place.site(["static/app.js": "two"])), publish: "p", declared: DeclaredPatterns(["^/static/"]),
            beside: try bench.store.others(other), progress: { _ in })
        var claim = bench.claim(prepared)
        claim.site = other
        #expect(try bench.store.commit(claim, now: at(0)).record.site == other)
    }

    /// Two publishes at once: each found nothing beside it; the second to commit finds the first.
    @Test func theCommitChecksAgain() async throws {
        let bench = try Bench()
        let one = try await bench.prepare(bench.place.site(["static/app.js": "one"], in: "one"), publish: "1", declared: ["^/static/"])
        let two = try await bench.prepare(bench.place.site(["static/app.js": "two"], in: "two"), publish: "2", declared: ["^/static/"])
        _ = try bench.store.commit(bench.claim(one), now: at(0))
        #expect(throws: ReleaseFault.conflict(name: "static/app.js", mine: digest("two"), other: one.id, theirs: digest("one"))) {
            try bench.store.commit(bench.claim(two), now: at(0))
        }
        #expect(try bench.store.database.releases(shop).map(\.id) == [one.id])
    }
}
