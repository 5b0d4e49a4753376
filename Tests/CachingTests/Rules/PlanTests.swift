import Model
import TestSeeds
import Testing

@testable import Caching

@Suite struct PlanTests {
    private func plan(
        _ stored: OriginResponse?, _ request: FieldLines = fields(), method: String = "GET", obeying: Reuse.Obedience = .none,
        marked: Bool = false, variants: Bool = false, after seconds: Int64 = 0
    ) -> CachePlan {
        CachePlan(
            method: method, request: request, obeying: obeying, stored: stored.map { .init($0, isMarkedStale: marked) },
            hasVariants: variants, now: now + .seconds(seconds))
    }

    @Test func aMissGoesToTheOrigin() {
        #expect(plan(nil) == .fetch(.uriMiss, conditions: FieldLines(), ifError: false))
        #expect(plan(nil, variants: true) == .fetch(.varyMiss, conditions: FieldLines(), ifError: false))
        #expect(plan(nil, method: "HEAD") == .pass(.miss))
        #expect(plan(nil, fields("Range: bytes=0-1")) == .part)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get"])
    func otherMethodsPass(_ method: String) { #expect(plan(response("Cache-Control: max-age=60"), method: method) == .pass(.method)) }

    @Test func whatIsFreshIsSent() {
        let stored = response("Cache-Control: max-age=60")
        #expect(plan(stored, after: 59) == .answer(isRevalidated: false))
        #expect(plan(stored, method: "HEAD") == .answer(isRevalidated: false))
    }

    @Test func whatIsStaleIsAskedAbout() {
        let stored = response("Cache-Control: max-age=60", "ETag: \"x\"")
        #expect(plan(stored, after: 60) == .fetch(.stale, conditions: fields("If-None-Match: \"x\""), ifError: true))
        #expect(plan(stored, marked: true) == .fetch(.stale, conditions: fields("If-None-Match: \"x\""), ifError: true))
        #expect(plan(stored, method: "HEAD", after: 60) == .pass(.stale))
        let strict = response("Cache-Control: max-age=60, must-revalidate")
        #expect(plan(strict, after: 60) == .fetch(.stale, conditions: FieldLines(), ifError: false))
    }

    /// RFC 5861 §3.
    @Test func whatMayBeStaleForAWhileIsSentAndAskedAbout() {
        let stored = response("Cache-Control: max-age=60, stale-while-revalidate=30")
        #expect(plan(stored, after: 89) == .answer(isRevalidated: true))
        if case .answer = plan(stored, after: 90) { Issue.record("too old") }
    }

    /// RFC 9111 §5.2.1.7.
    @Test func onlyIfCachedIsObeyedWhereRequestsAre() {
        let request = fields("Cache-Control: only-if-cached")
        #expect(plan(nil, request, obeying: .requests) == .onlyStored)
        #expect(plan(nil, request) == .fetch(.uriMiss, conditions: FieldLines(), ifError: false))
        #expect(plan(response("Cache-Control: max-age=60"), request, obeying: .requests, after: 60) == .onlyStored)
    }

    @Test func aReloadReachesTheOriginOnlyWhereRequestsAreObeyed() {
        let stored = response("Cache-Control: max-age=60", "ETag: \"x\"")
        let reload = fields("Cache-Control: no-cache")
        #expect(plan(stored, reload) == .answer(isRevalidated: false))
        #expect(plan(stored, reload, obeying: .requests) == .fetch(.request, conditions: fields("If-None-Match: \"x\""), ifError: true))
    }
}

@Suite struct OutcomeTests {
    private let stored = response("Cache-Control: max-age=60", "ETag: \"x\"")

    @Test func aThreeHundredAndFourRenews() {
        #expect(CacheOutcome(response("ETag: \"x\"", status: 304), to: get(), stored: stored, ifError: false) == .renewed)
        #expect(CacheOutcome(response("ETag: \"y\"", status: 304), to: get(), stored: stored, ifError: false) == .askAgain)
    }

    @Test(arguments: [500, 502, 503, 504]) func aFailureIsBridgedWhereItMayBe(_ status: Int) {
        let answer = response("Cache-Control: max-age=60", status: status)
        #expect(CacheOutcome(answer, to: get(), stored: stored, ifError: true) == .stale)
        #expect(CacheOutcome(answer, to: get(), stored: stored, ifError: false) == .stored)
        #expect(CacheOutcome(response(status: status), to: get(), stored: nil, ifError: true) == .relayed(.nothingToUse))
    }

    @Test func anAnswerIsStoredOrRelayed() {
        #expect(CacheOutcome(response("Cache-Control: max-age=60"), to: get(), stored: stored, ifError: true) == .stored)
        #expect(CacheOutcome(response("Cache-Control: no-store"), to: get(), stored: nil, ifError: false) == .relayed(.noStore))
        #expect(CacheOutcome(response(status: 404), to: get(), stored: stored, ifError: true) == .relayed(.nothingToUse))
    }
}

@Suite struct SelectionTests {
    private let stored = response("ETag: \"x\"", "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT")

    private func select(_ lines: String..., of stored: OriginResponse? = nil) -> Selection {
        let all = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return FieldLines.Line(String(parts[0]), Array(parts[1].utf8))
        }
        return Selection(FieldLines(all), of: stored ?? self.stored, size: 100, now: now)
    }

    @Test(arguments: ["\"x\"", "\"a\", \"x\"", "W/\"x\"", "*"]) func whoHasItIsToldSo(_ tags: String) {
        #expect(select("If-None-Match: \(tags)") == .notModified)
    }

    @Test func anotherTagGetsAll() {
        #expect(select("If-None-Match: \"y\"") == .whole)
        #expect(select("If-None-Match: \"y\"", "If-Modified-Since: \(nowText)") == .whole)
    }

    @Test func datesAreComparedWithTheLastModificationOrTheDate() {
        #expect(select("If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT") == .notModified)
        #expect(select("If-Modified-Since: Sun, 06 Nov 1994 07:59:59 GMT") == .whole)
        #expect(select("If-Modified-Since: \(nowText)", of: response()) == .notModified)
        #expect(select("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", of: response()) == .whole)
    }

    @Test func whatMustMatchMatchesStrongly() {
        #expect(select("If-Match: \"x\"") == .whole)
        #expect(select("If-Match: \"y\"") == .failed)
        #expect(select("If-Match: W/\"x\"", of: response("ETag: W/\"x\"")) == .failed)
        #expect(select("If-Unmodified-Since: Sun, 06 Nov 1994 07:00:00 GMT") == .failed)
    }

    private static let asked: [(String, Selection)] = [
        ("bytes=0-9", .part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-10", .part(90..<100)),
        ("bytes=0-1000", .part(0..<100)), ("bytes=-1000", .part(0..<100)), ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
        ("bytes=9-0", .whole), ("bytes=0-1,5-6", .parts([0..<2, 5..<7])), ("bytes=5-6 , ,0-1,-1", .parts([5..<7, 0..<2, 99..<100])),
        ("bytes=0-1,200-300", .part(0..<2)), ("bytes=100-,-0", .unsatisfiable), ("bytes=0-5,5-6", .whole), ("bytes=0-1,9-0", .whole),
        ("bytes=0-1,x", .whole), ("lines=0-1", .whole), ("bytes=", .whole), ("bytes=-", .whole), ("bytes=+1-2", .whole),
        ("bytes=99999999999999999999-", .unsatisfiable), ("BYTES = 1-2", .part(1..<3)),
    ]

    @Test(arguments: asked)
    func rangesSelectBytes(_ range: String, selection: Selection) { #expect(select("Range: \(range)") == selection) }

    @Test func moreRangesThanAnybodyNeedsAreAllOfIt() {
        func every(_ count: Int) -> Selection {
            select("Range: bytes=" + (0..<count).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ","))
        }
        #expect(every(16) == .parts((0..<16).map { at in at * 2..<at * 2 + 1 }))
        #expect(every(17) == .whole)
    }

    @Test func nothingThatIsAskedForIsOutside() {
        var generator = SeededGenerator(seed: 11)
        let pieces = ["bytes=", "0-1", "-", ",", "5", "99", "100", "-5", "9999999999999999999999", " ", "x", "=", "\t", "7-"]
        for _ in 0..<20_000 {
            let text =
                "bytes="
                + (0..<Int.random(in: 0..<12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            switch select("Range: \(text)") {
            case .part(let range): #expect(!range.isEmpty && range.clamped(to: 0..<100) == range, "\(text)")
            case .parts(let ranges):
                #expect(ranges.count > 1 && ranges.allSatisfy { !$0.isEmpty && $0.clamped(to: 0..<100) == $0 }, "\(text)")
                #expect(ranges.reduce(0) { $0 + $1.count } <= 100, "\(text)")
            case .whole, .unsatisfiable: break
            case .notModified, .failed: Issue.record("\(text)")
            }
        }
    }

    @Test func aRangeOfSomethingElseIsTheWhole() {
        #expect(select("Range: bytes=0-9", "If-Range: \"x\"") == .part(0..<10))
        #expect(select("Range: bytes=0-9", "If-Range: \"y\"") == .whole)
        #expect(select("Range: bytes=0-9", "If-Range: W/\"x\"") == .whole)
        #expect(select("Range: bytes=0-9", "If-Range: Sun, 06 Nov 1994 08:00:00 GMT") == .part(0..<10))
        #expect(select("Range: bytes=0-9", "If-Range: Sun, 06 Nov 1994 07:00:00 GMT") == .whole)
    }
}
