import Blobs
import Foundation
import Glibc
import Model
import State
import Testing

@testable import Releases

/// `gc` beside a publish that is not over.
@Suite struct CollectorRaceTests {
    private func makeOld(_ path: String, seconds: Int) {
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
    }

    @Test func whatWasOldBeforeThePublishBeganIsNotItsOwn() async throws {
        let bench = try Bench()
        _ = try await bench.prepare(bench.place.site(["a.js": "22"]))
        makeOld(bench.directory.blobs.path(digest("22")), seconds: time(nil) - 9_000)
        try bench.store.database.beginPublish("p", site: shop, now: at(-7_200))
        try bench.store.database.heartbeatPublish("p", now: at(0))
        #expect(try bench.collect(after: 10).blobs == 1)
    }

    /// Whoever made it may have lost it to `gc` since.
    @Test func anEncodingWhoseBlobIsGoneIsNotRecorded() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": "22"])
        let lost = EncodingRecord(source: digest("22"), coding: .gzip, blob: digest("never stored"), size: 12)
        try bench.store.add([lost], to: id)
        #expect(try bench.store.database.encodings() == [])
    }

    @Test func aReusedEncodingIsYoungAgain() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": String(repeating: "let answer = 42;\n", count: 500)])
        _ = try await bench.encode(id)
        let recorded = try bench.store.database.encodings()
        for encoding in recorded { makeOld(bench.directory.blobs.path(encoding.blob), seconds: 5) }
        // The rows are lost, the blobs are not.
        try bench.store.database.exclusively { try $0.forgetEncodings(of: recorded.map(\.source)) }
        _ = try await bench.encode(id)
        for encoding in recorded { #expect(bench.directory.blobs.modifiedAt(encoding.blob) != Timestamp(milliseconds: 5_000)) }
        #expect(try bench.store.database.encodings() == recorded)
    }

    // What happens between the walk, which holds no lock, and the unlinking.

    @Test func aReleaseThatCameBackMeanwhileKeepsItsBlobs() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22", "b.js": "3"]))
        let collector = Collector(store: bench.store)
        let survey = try collector.survey(now: at(4_000))
        #expect(survey.candidates.count == 2)
        _ = try bench.store.commit(bench.claim(prepared), now: at(4_000))
        #expect(try collector.remove(survey.candidates[...], survey, now: at(4_000)) == [])
        #expect(bench.blobs.count == 2)
    }

    @Test func anEncodingThatWasRecordedMeanwhileKeepsItsBlob() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": "22"])
        _ = try await bench.prepare(bench.place.site(["x": "encoded"]))
        let collector = Collector(store: bench.store)
        let survey = try collector.survey(now: at(4_000))
        #expect(survey.candidates.map(\.blob) == [digest("encoded")])
        try bench.store.add([EncodingRecord(source: digest("22"), coding: .gzip, blob: digest("encoded"), size: 7)], to: id)
        #expect(try collector.remove(survey.candidates[...], survey, now: at(4_000)) == [])
    }

    @Test func aBlobThatWasReusedMeanwhileIsYoung() async throws {
        let bench = try Bench()
        _ = try await bench.prepare(bench.place.site(["a.js": "22", "b.js": "3"]))
        for text in ["22", "3"] { makeOld(bench.directory.blobs.path(digest(text)), seconds: 5) }
        let collector = Collector(store: bench.store)
        let survey = try collector.survey(now: at(60))
        #expect(survey.candidates.count == 2)
        #expect(bench.directory.blobs.touch(digest("22")))
        #expect(try collector.remove(survey.candidates[...], survey, now: at(60)).map(\.blob) == [digest("3")])
        #expect(bench.blobs == [digest("22")])
    }
}
