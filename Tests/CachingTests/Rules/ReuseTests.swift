import Model
import TestSeeds
import Testing

@testable import Caching

/// RFC 9111 §4 and RFC 5861: what may be done with what is stored.
@Suite struct ReuseTests {
    private func after(_ count: Int64, _ control: String, request: String = "", obeying: Reuse.Obedience = .none, stale: Bool = false)
        -> Reuse
    {
        Reuse(
            response("Cache-Control: \(control)"), request: CachingTests.control(request), obeying: obeying, isMarkedStale: stale,
            now: now + seconds(count))
    }

    @Test func whatIsFreshIsSent() { #expect(after(4, "max-age=5") == .fresh) }

    /// §4.2: fresh while the lifetime is larger than the age.
    @Test func atTheEndOfItsLifetimeItIsStale() { #expect(after(5, "max-age=5") == .validate(ifError: true)) }

    /// §5.2.2.4.
    @Test func noCacheIsValidatedEachTime() { #expect(after(0, "max-age=5, no-cache") == .validate(ifError: false)) }

    @Test func noCacheOfSomeFieldsLetsTheRestBeUsed() { #expect(after(0, "max-age=5, no-cache=\"x\"") == .fresh) }

    /// §4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10.
    @Test(arguments: ["max-age=5, must-revalidate", "max-age=5, proxy-revalidate", "s-maxage=5"])
    func whatForbidsItIsNeverSentStale(_ control: String) {
        #expect(after(9, control) == .validate(ifError: false))
        #expect(after(9, control, request: "max-stale", obeying: .requests) == .validate(ifError: false))
    }

    /// RFC 5861 §3.
    @Test func withinTheGraceItIsSentWhileItIsValidated() {
        #expect(after(14, "max-age=5, stale-while-revalidate=10") == .staleWhileRevalidating)
        #expect(after(15, "max-age=5, stale-while-revalidate=10") == .validate(ifError: true))
        #expect(after(9, "max-age=5, stale-while-revalidate=10, must-revalidate") == .validate(ifError: false))
    }

    @Test func sMaxageDoesNotForbidAGraceThatIsSaid() {
        #expect(after(9, "s-maxage=5, stale-while-revalidate=10") == .staleWhileRevalidating)
    }

    /// RFC 5861 §4.
    @Test func staleIfErrorIsForATime() {
        #expect(after(14, "max-age=5, stale-if-error=10") == .validate(ifError: true))
        #expect(after(15, "max-age=5, stale-if-error=10") == .validate(ifError: false))
        #expect(after(14, "s-maxage=5, stale-if-error=10") == .validate(ifError: true))
        #expect(after(14, "max-age=5, stale-if-error=10, must-revalidate") == .validate(ifError: false))
    }

    @Test func whatIsMarkedStaleIsStale() {
        #expect(after(1, "max-age=5", stale: true) == .validate(ifError: true))
        #expect(after(1, "max-age=5, stale-while-revalidate=10", stale: true) == .staleWhileRevalidating)
    }

    // MARK: §5.2.1 Requests

    @Test(arguments: ["no-cache", "max-age=0", "min-fresh=60"]) func visitorsDoNotSteerIt(_ request: String) {
        #expect(after(1, "max-age=5", request: request) == .fresh)
    }

    @Test(arguments: ["no-cache", "max-age=0", "min-fresh=5"]) func unlessARouteObeysThem(_ request: String) {
        #expect(after(1, "max-age=5", request: request, obeying: .requests) == .validate(ifError: true))
    }

    @Test func maxStaleTakesWhatIsNotTooStale() {
        #expect(after(9, "max-age=5", request: "max-stale=4", obeying: .requests) == .staleAsAsked)
        #expect(after(10, "max-age=5", request: "max-stale=4", obeying: .requests) == .validate(ifError: true))
        #expect(after(1000, "max-age=5", request: "max-stale", obeying: .requests) == .staleAsAsked)
    }
}

/// RFC 9111 §4.1: which of several stored responses a request selects.
@Suite struct VariantTests {
    private func fits(_ vary: String, stored: FieldLines, _ request: FieldLines) throws -> Bool {
        try #require(Variant(vary: fields("Vary: \(vary)"), request: stored)).fits(request)
    }

    @Test func theNamedFieldsMustSayTheSame() throws {
        #expect(try fits("Foo", stored: fields("Foo: 1", "Bar: 1"), fields("Foo: 1", "Bar: 2")))
        #expect(try !fits("Foo", stored: fields("Foo: 1"), fields("Foo: 2")))
        #expect(try !fits("foo, bar", stored: fields("Foo: 1", "Bar: 1"), fields("Foo: 1", "Bar: 2")))
    }

    @Test func anAbsentFieldFitsOnlyAnAbsentOne() throws {
        #expect(try fits("foo", stored: fields(), fields()))
        #expect(try !fits("foo", stored: fields(), fields("Foo: 1")))
        #expect(try !fits("foo", stored: fields("Foo: 1"), fields()))
        #expect(try !fits("foo", stored: fields(), fields("Foo:")))
    }

    @Test func spacesAndLinesMakeNoDifference() throws {
        #expect(try fits("foo", stored: fields("Foo: 1, 2"), fields("Foo: 1 ,2")))
        #expect(try fits("foo", stored: fields("Foo: 1, 2"), fields("Foo: 1", "foo: 2")))
    }

    @Test func theOrderOfOtherFieldsDoes() throws { #expect(try !fits("foo", stored: fields("Foo: 1, 2"), fields("Foo: 2, 1"))) }

    @Test func acceptEncodingIsComparedByWhatItAsksFor() throws {
        #expect(try fits("accept-encoding", stored: fields("Accept-Encoding: gzip, br"), fields("Accept-Encoding: BR;q=1.0,gzip")))
        #expect(try !fits("accept-encoding", stored: fields("Accept-Encoding: gzip, br"), fields("Accept-Encoding: gzip")))
        #expect(try !fits("accept-encoding", stored: fields("Accept-Encoding: gzip;q=0"), fields("Accept-Encoding: gzip")))
    }

    @Test func acceptLanguageIsComparedByWhatItLikesHowMuch() throws {
        func same(_ one: String, _ other: String) throws -> Bool {
            try fits("accept-language", stored: fields("Accept-Language: \(one)"), fields("Accept-Language: \(other)"))
        }
        #expect(try same("en, de", "DE ,En;q=1.000"))
        #expect(try same("de-CH, de;q=0.50, *;q=0", "*;q=0.000,DE;q=0.5,de-ch"))
        #expect(try !same("en, de;q=0.5", "de, en;q=0.5"))
        #expect(try !same("en;q=0.5", "en;q=0.501"))
        #expect(try !same("en, de", "en"))
        // What is no weight is compared as it stands.
        #expect(try same("en;q=2, de", "en;q=2,de"))
        #expect(try !same("en;q=2, de", "de, en;q=2"))
        #expect(try !same("en;level=1", "en"))
    }

    @Test func languagesInAnotherOrderAreTheSame() throws {
        var generator = SeededGenerator(seed: 5)
        let ranges = [
            "en", "de-CH", "*", "x;q=0.5", "fr;q=0.50", "it ; q=1.0", "pt;q=0", "nl;q=0.999", "q", ";q=1", "es;q=2", "el;q=0.1234",
            "sv;a=b",
        ]
        for _ in 0..<5_000 {
            let some = (0..<Int.random(in: 1..<6, using: &generator)).map { _ in ranges.randomElement(using: &generator) ?? "" }
            let one = LanguageWishes(some)
            let isReadable = !some.contains { [";q=1", "es;q=2", "el;q=0.1234", "sv;a=b"].contains($0) }
            #expect(!isReadable || LanguageWishes(some.shuffled(using: &generator).map { $0.uppercased() }).text == one.text, "\(some)")
        }
    }

    @Test func starFitsNothing() { #expect(Variant(vary: fields("Vary: accept, *"), request: fields()) == nil) }

    @Test func severalLinesAreOneList() throws {
        let variant = try #require(Variant(vary: fields("Vary: a", "Vary: b"), request: fields("A: 1", "B: 1")))
        #expect(!variant.fits(fields("A: 1", "B: 2")))
    }
}
