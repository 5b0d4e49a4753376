import Model
import Testing

@testable import State

@Suite struct PublishingTests {
    struct BlobMissing: Error, Equatable {}
    let database: StateDatabase

    init() throws { database = try StateDatabase.inMemory() }

    @Test func aFailedRecheckMakesNothing() throws {
        try database.beginPublish("p1", site: shop, now: at(0))
        let encoding = EncodingRecord(source: digest("a"), coding: .gzip, blob: digest("b"), size: 9)
        #expect(throws: BlobMissing()) {
            try database.makeRelease(record("v1", label: "one"), encodings: [encoding], publish: "p1") { throw BlobMissing() }
        }
        #expect(try database.releases(shop) == [])
        #expect(try database.encodings() == [])
        #expect(try database.events(shop) == [])
        #expect(try database.openPublishes(now: at(1), staleAfter: .seconds(60)).map(\.id) == ["p1"])
    }

    @Test func makingTheReleaseEndsThePublish() throws {
        try database.beginPublish("p1", site: shop, now: at(0))
        let made = try database.makeRelease(record("v1"), publish: "p1") {}
        #expect(made == .made(record("v1")))
        #expect(try database.openPublishes(now: at(1), staleAfter: .seconds(60)) == [])
        #expect(throws: StateError.publishNotOpen("p1")) { try database.makeRelease(record("v2"), publish: "p1") {} }
    }

    @Test func aLivePublishIsOpenAndASilentOneIsNot() throws {
        try database.beginPublish("p1", site: shop, now: at(0))
        try database.beginPublish("p2", site: shop, now: at(0))
        try database.heartbeatPublish("p2", now: at(50))
        #expect(try database.openPublishes(now: at(61), staleAfter: .seconds(60)).map(\.id) == ["p2"])
        try database.forgetStalePublishes(now: at(61), staleAfter: .seconds(60))
        #expect(throws: StateError.publishNotOpen("p1")) { try database.heartbeatPublish("p1", now: at(62)) }
        try database.endPublish("p2")
        #expect(try database.openPublishes(now: at(62), staleAfter: .seconds(60)) == [])
    }

    @Test func theSameReleaseAgainStaysAsItIs() throws {
        try database.make(record("v1"))
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1", seconds: 5))
        let again = try database.make(record("v1", seconds: 60))
        #expect(again == .present(again.record))
        #expect(again.record.state == .current)
        #expect(again.record.currentAt == at(5))
        #expect(again.record.publishedAt == at(0))
        #expect(again.record.republishedAt == at(60))
        #expect(again.record.offeredAt == at(60))
        // A clock that went back takes nothing away.
        #expect(try database.make(record("v1", seconds: 30)).record.republishedAt == at(60))
    }

    @Test func aRemovedReleaseIsPublishedAnew() throws {
        try database.make(record("v1", label: "one"))
        try database.transition(shop, release("v1"), to: .current, event: event("activated", "v1", seconds: 1))
        try database.transition(shop, release("v1"), to: .draining, event: event("draining", "v1", seconds: 2))
        try database.transition(shop, release("v1"), to: .kept, event: event("kept", "v1", seconds: 3))
        try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1", seconds: 4))
        let again = try database.make(record("v1", label: "anew", seconds: 60))
        #expect(again == .revived(record("v1", label: "anew", seconds: 60)))
        #expect(try database.releases(shop) == [record("v1", label: "anew", seconds: 60)])
    }

    @Test func aRevokedReleaseIsNotPublishedAgain() throws {
        try database.make(record("v1"))
        try database.transition(shop, release("v1"), to: .revoked, event: event("revoked", "v1"))
        #expect(throws: StateError.revoked(release("v1"))) { try database.make(record("v1", seconds: 60)) }
    }

    @Test func assetsPublishedWithTheirPagesMayBecomeCurrent() throws {
        try database.make(record("v1", assets: true))
        #expect(try database.make(record("v1")).record.isAssetsOnly == false)
        #expect(try database.make(record("v1", assets: true)).record.isAssetsOnly == false)
    }

    @Test func theFirstEncodingRecordedWins() throws {
        let first = EncodingRecord(source: digest("a"), coding: .brotli, blob: digest("one"), size: 10)
        let second = EncodingRecord(source: digest("a"), coding: .brotli, blob: digest("two"), size: 9)
        let gzip = EncodingRecord(source: digest("a"), coding: .gzip, blob: digest("three"), size: 12)
        #expect(try database.recordEncodings([first]) == 1)
        #expect(try database.recordEncodings([second, gzip]) == 1)
        #expect(try database.encodings(for: [digest("z"), digest("a")]) == [first, gzip])
    }

    @Test func gcSeesWhatIsLiveAndForgetsTheRest() throws {
        let encoding = EncodingRecord(source: digest("a"), coding: .brotli, blob: digest("one"), size: 10)
        try database.make(record("v1"))
        try database.make(record("v2"))
        try database.recordEncodings([encoding])
        try database.transition(shop, release("v2"), to: .removed, event: event("removed", "v2"))
        try database.exclusively { state in
            #expect(try state.releases().map(\.id) == [release("v1")])
            #expect(try state.encodings() == [encoding])
            try state.forgetEncodings(of: [digest("a")])
        }
        #expect(try database.encodings() == [])
        #expect(throws: BlobMissing()) {
            try database.exclusively { state in
                try state.record(event("gc", "v1"))
                throw BlobMissing()
            }
        }
        #expect(try database.events(shop).contains { $0.kind == "gc" } == false)
    }
}
