import TestSeeds
import Testing

@testable import Caching

/// RFC 9111 §5.2: how `Cache-Control` is read.
@Suite struct DirectivesTests {
    @Test func namesAreComparedWithoutCase() { #expect(control("MAX-AGE=5, Public") == control("max-age=5, public")) }

    @Test func argumentsMayBeQuoted() { #expect(control("max-age=\"7\"").maxAge == seconds(7)) }

    @Test func unknownDirectivesAreIgnored() { #expect(control("max-age=7, pre-check=9, foo=\"a, max-age=1\"").maxAge == seconds(7)) }

    @Test func aCommaInQuotesPartsNothing() { #expect(control("ext=\"no-store, x\", max-age=7") == control("max-age=7")) }

    /// §4.2.1: what conflicts or cannot be read makes a response stale.
    @Test(arguments: ["max-age=", "max-age", "max-age=-1", "max-age=1.5", "max-age=x", "max-age=1 2", "max-age=\"\""])
    func aTimeThatIsNoNumberIsNone(_ text: String) { #expect(control(text).maxAge == .zero) }

    @Test func ofTwoTimesTheShorterCounts() { #expect(control("max-age=100, max-age=5").maxAge == seconds(5)) }

    /// §1.2.2.
    @Test func aNumberThatDoesNotFitIsAVeryLongTime() {
        #expect(control("max-age=99999999999999999999").maxAge == seconds(1 << 31))
    }

    @Test func leadingZerosAreFine() { #expect(control("max-age=0003").maxAge == seconds(3)) }

    @Test func fieldsOfNoCacheAndPrivateAreNamed() {
        let said = control("private=\"Set-Cookie, X-User\", no-cache=authorization")
        #expect(said.isPrivate == .fields(["set-cookie", "x-user"]))
        #expect(said.noCache == .fields(["authorization"]))
    }

    @Test func withoutFieldsTheyAreAboutAll() {
        #expect(control("private, private=\"a\"").isPrivate == .all)
        #expect(control("no-cache=\"a\", no-cache").noCache == .all)
        #expect(control("no-cache=\"\"").noCache == .all)
    }

    @Test func severalLinesAreOneList() {
        let lines = fields("Cache-Control: max-age=3", "cache-control: no-store")
        let said = Directives(lines.members("cache-control"))
        #expect(said.maxAge == seconds(3) && said.noStore)
    }

    @Test func requestsHaveTheirOwn() {
        #expect(control("max-stale").maximumStale == .any)
        #expect(control("max-stale=5, min-fresh=9").maximumStale == .upTo(seconds(5)))
        #expect(control("min-fresh=9").minimumFresh == seconds(9))
        #expect(control("only-if-cached").onlyIfCached)
    }

    @Test func noInputBreaksIt() {
        var generator = SeededGenerator(seed: 7)
        let pieces = ["max-age", "=", "\"", "\\", ",", " ", "\t", "5", "99999999999999999999", "private", "no-cache", "\u{0}", ";", "é"]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let said = control(text)
            #expect((said.maxAge ?? .zero) >= .zero && (said.maxAge ?? .zero) <= DeltaSeconds.longest)
            _ = StructuredDictionary([Array(text.utf8)])
            _ = HTTPDate.parse(Array(text.utf8), now: now)
        }
    }
}
