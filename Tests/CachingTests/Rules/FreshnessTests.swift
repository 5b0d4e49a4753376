import Model
import TestSeeds
import Testing

@testable import Caching

/// RFC 9111 §4.2: how long a response is fresh, and how old it is.
@Suite struct FreshnessTests {
    // MARK: §4.2.1 Lifetime

    @Test func sMaxageGoesBeforeMaxAge() { #expect(response("Cache-Control: max-age=5, s-maxage=60").lifetime.duration == seconds(60)) }

    @Test func maxAgeGoesBeforeExpires() {
        #expect(response("Cache-Control: max-age=5", "Expires: Sun, 06 Nov 1994 09:49:37 GMT").lifetime.duration == seconds(5))
    }

    @Test func expiresIsCountedFromDate() {
        let one = response("Date: Sun, 06 Nov 1994 08:40:00 GMT", "Expires: Sun, 06 Nov 1994 08:50:00 GMT")
        #expect(one.lifetime == Lifetime(said: 600))
    }

    @Test(arguments: ["0", "-1", "soon", "", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 EST"])
    func expiresThatIsNoDateIsInThePast(_ text: String) { #expect(response("Expires: \(text)").lifetime == Lifetime(said: 0)) }

    @Test func expiresBeforeDateIsNoTime() { #expect(response("Expires: Sun, 06 Nov 1994 08:00:00 GMT").lifetime == Lifetime(said: 0)) }

    @Test func expiresThatDisagreesWithItselfIsInThePast() {
        let one = response("Expires: Sun, 06 Nov 1994 09:49:37 GMT", "Expires: Sun, 06 Nov 1994 10:49:37 GMT")
        #expect(one.lifetime == Lifetime(said: 0))
    }

    @Test func withoutDateTheTimeItCameCounts() {
        let one = OriginResponse(
            status: 200, fields: fields("Expires: Sun, 06 Nov 1994 08:50:37 GMT"), requestedAt: now, receivedAt: now)
        #expect(one.lifetime == Lifetime(said: 60))
    }

    // MARK: §4.2.2 Heuristics

    @Test func aTenthOfItsAgeIsGuessed() {
        let one = response("Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT")
        #expect(one.lifetime.source == .guessed && one.lifetime.duration == seconds(100))
    }

    @Test func nothingIsGuessedWhereATimeIsSaid() {
        #expect(response("Cache-Control: max-age=0", "Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT").lifetime == Lifetime(said: 0))
    }

    @Test func noGuessIsLongerThanADay() {
        #expect(response("Last-Modified: Sun, 06 Nov 1980 08:32:57 GMT").lifetime.duration == seconds(86_400))
    }

    @Test(arguments: [404, 405, 410, 414, 501])
    func errorsThatMayBeGuessedAboutAreSoForAMoment(_ status: Int) {
        let one = response("Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT", status: status)
        #expect(one.lifetime.source == .guessed && one.lifetime.duration == seconds(10))
        #expect(response("Last-Modified: Sun, 06 Nov 1994 08:49:17 GMT", status: status).lifetime.duration == seconds(2))
    }

    @Test(arguments: [201, 302, 400, 403, 418, 500, 502, 503])
    func otherErrorsAndUnknownStatusesAreNotGuessed(_ status: Int) {
        #expect(response("Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT", status: status).lifetime.source == .none)
    }

    @Test func publicMakesAnyStatusGuessable() {
        #expect(response("Cache-Control: public", "Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT", status: 302).lifetime.source == .guessed)
    }

    @Test func aChangeInTheFutureGuessesNothing() {
        #expect(response("Last-Modified: Sun, 06 Nov 1995 08:32:57 GMT").lifetime.source == .none)
    }

    // MARK: §4.2.3 Age

    @Test func dateMakesOld() { #expect(response("Date: Sun, 06 Nov 1994 08:49:27 GMT").age(at: now) == seconds(10)) }

    @Test func ageMakesOlder() {
        #expect(response("Date: Sun, 06 Nov 1994 08:49:27 GMT", "Age: 30").age(at: now + seconds(5)) == seconds(35))
    }

    @Test func theTimeOnTheWayCountsWithAge() { #expect(response("Age: 30", delay: seconds(4)).age(at: now) == seconds(34)) }

    @Test func aDateInTheFutureMakesNothingYoung() { #expect(response("Date: Sun, 06 Nov 1994 09:49:27 GMT").age(at: now) == .zero) }

    @Test func aClockThatGoesBackMakesNothingYoung() { #expect(response("Age: 3").age(at: now + seconds(-100)) == seconds(3)) }

    /// §5.1.
    @Test(arguments: ["-3", "2.5", "x", "", "\"30\"", "3 4"])
    func ageThatIsNoNumberIsIgnored(_ text: String) { #expect(response("Age: \(text)").age(at: now) == .zero) }

    @Test func ofSeveralAgesTheFirstCounts() {
        #expect(response("Age: 30, 0").age(at: now) == seconds(30))
        #expect(response("Age: 30", "Age: 0").age(at: now) == seconds(30))
    }

    @Test func anAgeThatDoesNotFitIsVeryLong() { #expect(response("Age: 99999999999").age(at: now) == seconds(1 << 31)) }
}

extension Lifetime {
    /// As if the origin had said so.
    init(said: Int64) {
        self.init(
            status: 200, fields: FieldLines(), directives: control("max-age=\(said)"), isTargeted: false, date: now, now: now)
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "SUN, 06 nOV 1994 08:49:37 gmt",
        "sunday, 06-NOV-94 08:49:37 Gmt", "sun nov 06 08:49:37 1994",
    ])
    func allThreeFormsAreRead(_ text: String) { #expect(HTTPDate.parse(Array(text.utf8), now: now) == now) }

    @Test func aYearOfTwoDigitsIsNearThisOne() throws {
        let present = Timestamp(milliseconds: 1_795_000_000_000)
        let date = try #require(HTTPDate.parse(Array("Sunday, 06-Nov-94 08:49:37 GMT".utf8), now: present))
        #expect(CivilDate(secondsSince1970: date.milliseconds / 1000).year == 1994)
        let soon = try #require(HTTPDate.parse(Array("Sunday, 06-Nov-60 08:49:37 GMT".utf8), now: present))
        #expect(CivilDate(secondsSince1970: soon.milliseconds / 1000).year == 2060)
    }

    @Test(arguments: [
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "784111777",
        "Sun 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun,  06 Nov 1994 08:49:37 GMT", "Sun, 06  Nov  1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37", ", 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT;", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "",
    ])
    func whatIsNoDateIsNone(_ text: String) { #expect(HTTPDate.parse(Array(text.utf8), now: now) == nil) }

    @Test func nothingThatComesBreaksIt() {
        var generator = SeededGenerator(seed: 7)
        let whole = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)
        for _ in 0..<20_000 {
            var text = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let at = Int.random(in: 0..<text.count, using: &generator)
                if Bool.random(using: &generator) { text[at] = UInt8.random(in: 0...255, using: &generator) } else { text.remove(at: at) }
            }
            if let date = HTTPDate.parse(text, now: now) { #expect(date.milliseconds % 1000 == 0) }
        }
    }

    @Test func everyDayComesBack() throws {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        for day in stride(from: -20_000, to: 40_000, by: 13) {
            let date = CivilDate(secondsSince1970: Int64(day) * 86_400 + 3_723)
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let text = "Mon, \(two(date.day)) \(months[date.month - 1]) \(date.year) 01:02:03 GMT"
            #expect(HTTPDate.parse(Array(text.utf8), now: now)?.milliseconds == (Int64(day) * 86_400 + 3_723) * 1000)
        }
    }
}

@Suite struct DefaultLifetimeTests {
    private func lifetime(_ lines: FieldLines, status: Int = 200) -> Lifetime {
        OriginResponse(status: status, fields: lines, requestedAt: now, receivedAt: now, defaultLifetime: seconds(30)).lifetime
    }

    @Test func countsWhereTheOriginSaysNothing() {
        #expect(lifetime(fields("ETag: \"x\"")).duration == seconds(30))
        #expect(lifetime(fields("Last-Modified: Sun, 06 Nov 1994 07:00:00 GMT")).duration == seconds(30))
        #expect(lifetime(fields("Cache-Control: max-age=5")).duration == seconds(5))
        #expect(lifetime(fields("Cache-Control: max-age=0")).duration == .zero)
        #expect(lifetime(fields(), status: 404).duration == .zero)
    }
}
