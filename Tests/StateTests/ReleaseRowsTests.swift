import Model
import Testing

@testable import State

@Suite struct ReleaseRowsTests {
    let database: StateDatabase

    init() throws { database = try StateDatabase.inMemory() }

    @Test func aLabelNamesOneReleaseOfItsSite() throws {
        try database.make(record("v1", label: "spring"))
        #expect(throws: StateError.labelTaken("spring", by: release("v1"))) { try database.make(record("v2", label: "spring")) }
        #expect(try database.releases(shop).map(\.id) == [release("v1")])
    }

    @Test func anotherSiteMayUseTheSameLabel() throws {
        try database.make(record("v1", label: "spring"))
        var other = record("v2", label: "spring")
        other.site = try #require(SiteName("docs"))
        try database.make(other)
        #expect(try database.find(other.site, "spring").id == release("v2"))
        #expect(try database.find(shop, "spring").id == release("v1"))
    }

    @Test(arguments: ["", "cafe", "0123456789abcdef", "DEADBEEF", "two words", "tab\there", String(repeating: "x", count: 101)])
    func aLabelThatCouldBeTakenForSomethingElseIsRefused(label: String) throws {
        #expect(throws: StateError.labelMalformed(label)) { try database.make(record("v1", label: label)) }
    }

    @Test(arguments: ["v1", "2026-11-21", "spring", "cafeteria", "1.2.3"])
    func ordinaryLabelsAreAccepted(label: String) throws {
        try database.make(record("v1", label: label))
        #expect(try database.find(shop, label).label == label)
    }

    @Test func aLabelIsFreeAgainWhenItsReleaseIsRemoved() throws {
        try database.make(record("v1", label: "spring"))
        try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        try database.make(record("v2", label: "spring"))
        #expect(try database.find(shop, "spring").id == release("v2"))
    }

    @Test func aReleasePublishedAgainAnswersToEachOfItsLabels() throws {
        try database.make(record("v1", label: "one"))
        let again = try database.make(record("v1", label: "two", seconds: 60))
        #expect(again == .present(again.record))
        #expect(again.record.label == "two")
        #expect(try database.find(shop, "one").id == release("v1"))
        #expect(try database.find(shop, "two").id == release("v1"))
        #expect(try database.releases(shop).count == 1)
    }

    @Test func aReleaseIsFoundByTwelveDigitsInEitherCase() throws {
        try database.make(record("v1"))
        let id = release("v1")
        #expect(try database.find(shop, id.short).id == id)
        #expect(try database.find(shop, id.hex).id == id)
        #expect(try database.find(shop, id.hex.prefix(20).uppercased()).id == id)
        let eleven = String(id.hex.prefix(11))
        #expect(throws: StateError.referenceTooShort(eleven)) { try database.find(shop, eleven) }
    }

    @Test func aPrefixOfTwoReleasesIsAmbiguous() throws {
        let prefix = String(repeating: "a", count: 12)
        let pair = ["0", "f"].compactMap { ReleaseID(hex: prefix + String(repeating: $0, count: 52)) }
        for id in pair {
            try database.make(ReleaseRecord(site: shop, id: id, fileCount: 1, contentBytes: 1, publishedAt: at(0)))
        }
        #expect(throws: StateError.ambiguous(reference: prefix, candidates: pair)) { try database.find(shop, prefix) }
        #expect(try database.find(shop, prefix + "f").id == pair[1])
        try database.transition(
            shop, pair[0], to: .removed,
            event: Event(at: at(1), site: shop, release: pair[0], kind: "removed", actor: "gc", reason: "test"))
        #expect(try database.find(shop, prefix).id == pair[1])
    }

    @Test func aRemovedReleaseIsToldFromAnUnknownOne() throws {
        try database.make(record("v1"))
        try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        let gone = release("v1").short
        #expect(throws: StateError.notFound(reference: gone, site: shop, removed: release("v1"))) { try database.find(shop, gone) }
        let never = release("v9").short
        #expect(throws: StateError.notFound(reference: never, site: shop, removed: nil)) { try database.find(shop, never) }
        #expect(throws: StateError.notFound(reference: "spring", site: shop, removed: nil)) { try database.find(shop, "spring") }
    }

    @Test func aReleaseOnlyMovesAlongTheWaysOfTheDesign() throws {
        try database.make(record("v1"))
        #expect(throws: StateError.illegalTransition(release("v1"), from: .published, to: .kept)) {
            try database.transition(shop, release("v1"), to: .kept, event: event("kept", "v1"))
        }
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1", seconds: 10))
        #expect(throws: StateError.illegalTransition(release("v1"), from: .current, to: .removed)) {
            try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        }
        #expect(throws: StateError.illegalTransition(release("v1"), from: .current, to: .revoked)) {
            try database.transition(shop, release("v1"), to: .revoked, event: event("revoked", "v1"))
        }
        #expect(try database.release(shop, release("v1"))?.currentAt == at(10))
        #expect(try database.events(shop).map(\.kind) == ["published", "activated"])
    }

    @Test func aSiteNeverHasTwoCurrentReleases() throws {
        try database.make(record("v1"))
        try database.make(record("v2"))
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1"))
        #expect(throws: StateError.self) {
            try database.transition(shop, release("v2"), to: .current, event: event("activated", "v2"))
        }
        #expect(try database.release(shop, release("v2"))?.state == .published)
    }

    @Test func aProtectedReleaseIsNotRemoved() throws {
        try database.make(record("v1"))
        try database.setProtected(shop, release("v1"), true, event: event("protected", "v1"))
        #expect(throws: StateError.refused("release \(release("v1")) is protected")) {
            try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        }
        try database.setProtected(shop, release("v1"), false, event: event("unprotected", "v1"))
        try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        #expect(try database.events(shop).map(\.kind) == ["published", "protected", "unprotected", "removed"])
    }

    @Test func eachChangeThatServingFollowsIsCounted() throws {
        var seen = try database.contentVersion()
        func changed() throws -> Bool {
            defer { seen = (try? database.contentVersion()) ?? seen }
            return try database.contentVersion() != seen
        }
        try database.make(record("v1"))
        #expect(try changed())
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1"))
        #expect(try changed())
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1"))
        #expect(try changed() == false)
        try database.recordNeed([], now: at(1))
        #expect(try changed() == false)
        let encoding = EncodingRecord(source: digest("a"), coding: .gzip, blob: digest("b"), size: 9)
        try database.recordEncodings([encoding])
        #expect(try changed())
        try database.recordEncodings([encoding])
        #expect(try changed() == false)
    }

    @Test func eventsAreReadOnFromTheLastOne() throws {
        for name in ["v1", "v2", "v3"] { try database.make(record(name)) }
        let first = try database.events(shop, limit: 2)
        #expect(first.map(\.release) == [release("v1"), release("v2")])
        #expect(try database.events(shop, since: first[1].number).map(\.release) == [release("v3")])
        #expect(try database.latestEvents(shop, limit: 2).map(\.release) == [release("v2"), release("v3")])
    }
}
