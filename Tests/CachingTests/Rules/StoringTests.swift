import Testing

@testable import Caching

/// RFC 9111 §3: what may be stored.
@Suite struct StoringTests {
    private func judge(_ response: OriginResponse, _ request: Storing.Request = get()) -> Storing { Storing(response, to: request) }

    @Test func aFreshAnswerToGetIsStored() { #expect(judge(response("Cache-Control: max-age=5")) == .allowed) }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "X-NEW"])
    func onlyAnswersToGetAreStored(_ method: String) {
        #expect(judge(response("Cache-Control: max-age=5"), get(method: method)) == .refused(.method))
    }

    @Test(arguments: [100, 103, 199, 600]) func onlyFinalStatusesAre(_ status: Int) {
        #expect(judge(response("Cache-Control: max-age=5", status: status)) == .refused(.status))
    }

    @Test(arguments: [206, 304]) func partsAreNotWholes(_ status: Int) {
        #expect(judge(response("Cache-Control: max-age=5", status: status)) == .refused(.partial))
    }

    @Test func noStoreIsObeyed() { #expect(judge(response("Cache-Control: max-age=5, no-store")) == .refused(.noStore)) }

    /// §5.2.1.5.
    @Test func noStoreOfARequestIsObeyed() {
        #expect(judge(response("Cache-Control: max-age=5"), get("no-store")) == .refused(.requestNoStore))
    }

    /// §5.2.2.7.
    @Test func privateIsNotForSharedCaches() { #expect(judge(response("Cache-Control: max-age=5, private")) == .refused(.isPrivate)) }

    @Test func privateFieldsAreLeftOut() {
        let one = response("Cache-Control: max-age=5, private=\"x-user\"", "X-User: 7", "X-Other: 8")
        #expect(judge(one) == .allowed)
        #expect(!one.fields.stored(one.directives).contains("x-user"))
        #expect(one.fields.stored(one.directives).contains("x-other"))
    }

    /// §3.5.
    @Test(arguments: ["public", "must-revalidate", "s-maxage=5"]) func authorizedAnswersAreStoredWhereTheOriginSaysSo(_ directive: String) {
        #expect(judge(response("Cache-Control: max-age=5, \(directive)"), get(authorization: true)) == .allowed)
        #expect(judge(response("Cache-Control: max-age=5"), get(authorization: true)) == .refused(.authorization))
    }

    /// §5.2.2.3.
    @Test func mustUnderstandGoesBeforeNoStore() {
        #expect(judge(response("Cache-Control: max-age=5, must-understand, no-store")) == .allowed)
        #expect(judge(response("Cache-Control: max-age=5, must-understand", status: 299)) == .refused(.status))
        #expect(judge(response("Cache-Control: max-age=5", status: 299)) == .allowed)
    }

    @Test(arguments: [403, 500, 503]) func errorsAreStoredOnlyWhereTheOriginSaysSo(_ status: Int) {
        #expect(judge(response("Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT", status: status)) == .refused(.nothingToUse))
        #expect(judge(response("Cache-Control: max-age=5", status: status)) == .allowed)
    }

    /// RFC 9110 §9.3.3.
    @Test func theAnswerToPostIsStoredWhereTheOriginSaysThatItIsItsTarget() {
        func may(_ lines: String..., status: Int = 200, method: String = "POST") -> Bool {
            let answer = OriginResponse(status: status, fields: FieldLines(lines.map(line)), requestedAt: now, receivedAt: now)
            return PostedAnswer.mayBeStored(answer, to: .init(method: method), origin: "http://h", target: "/a?b")
        }
        #expect(may("Cache-Control: max-age=5", "Content-Location: /a?b"))
        #expect(may("Cache-Control: max-age=5", "Content-Location: http://H/a?b"))
        #expect(may("Cache-Control: s-maxage=5", "Content-Location: ?b"))
        #expect(!may("Cache-Control: max-age=5", "Content-Location: /a"))
        #expect(!may("Cache-Control: max-age=5", "Content-Location: http://other/a?b"))
        #expect(!may("Cache-Control: max-age=5", "Content-Location: /a?b", "Content-Location: /c"))
        #expect(!may("Cache-Control: max-age=5"))
        #expect(!may("Content-Location: /a?b", "Last-Modified: Sun, 06 Nov 1990 08:32:57 GMT"))
        #expect(!may("Cache-Control: max-age=0", "Content-Location: /a?b", "ETag: \"a\""))
        #expect(!may("Cache-Control: max-age=5, private", "Content-Location: /a?b"))
        #expect(!may("Cache-Control: max-age=5", "Content-Location: /a?b", status: 201))
        #expect(!may("Cache-Control: max-age=5", "Content-Location: /a?b", method: "PUT"))
    }

    private func line(_ text: String) -> FieldLines.Line {
        let parts = text.split(separator: ":", maxSplits: 1)
        return .init(String(parts[0]), Array(parts[1].utf8))
    }

    @Test func whatNothingIsSaidAboutIsNotStored() { #expect(judge(response("Content-Type: text/html")) == .refused(.nothingToUse)) }

    @Test func whatIsStaleAtOnceIsStoredToBeValidated() {
        #expect(judge(response("Cache-Control: no-cache", "ETag: \"a\"")) == .allowed)
        #expect(judge(response("Cache-Control: max-age=0", "ETag: \"a\"")) == .allowed)
        #expect(judge(response("Cache-Control: max-age=0")) == .refused(.nothingToUse))
    }

    @Test func whatSetsACookieIsForOne() {
        #expect(judge(response("Cache-Control: max-age=5", "Set-Cookie: a=b")) == .refused(.cookie))
        #expect(judge(response("Cache-Control: max-age=5, public", "Set-Cookie: a=b")) == .allowed)
    }

    /// §4.1.
    @Test func whatVariesByAnythingIsNotStored() {
        #expect(judge(response("Cache-Control: max-age=5", "Vary: accept, *")) == .refused(.varyAny))
    }

    /// §3.1.
    @Test func fieldsOfTheConnectionAreNotStored() {
        let one = fields(
            "Connection: X-Hop, close", "X-Hop: 1", "Keep-Alive: 5", "Transfer-Encoding: chunked", "ETag: \"a\"", "TE: trailers")
        #expect(one.forwarded == fields("ETag: \"a\""))
    }
}

/// RFC 9213: directives for caches in front of a site.
@Suite struct TargetedControlTests {
    @Test func itGoesBeforeCacheControlAndExpires() {
        let one = response("Cache-Control: no-store", "CDN-Cache-Control: max-age=60", "Expires: 0")
        #expect(one.isTargeted && one.lifetime.duration == seconds(60) && Storing(one, to: get()) == .allowed)
    }

    @Test func theNearerTargetGoesBefore() {
        #expect(response("CDN-Cache-Control: max-age=60", "Tandem-Cache-Control: max-age=7").lifetime.duration == seconds(7))
    }

    @Test func expiresIsNotLookedAtBesideIt() {
        #expect(response("CDN-Cache-Control: public", "Expires: Sun, 06 Nov 1994 09:49:37 GMT").lifetime.source == .none)
    }

    @Test(arguments: [
        "", "max-age=5,", "max-age=5;;", "Max-Age=5", "max-age=\"x", "max-age=(1", "max-age=5 public", "max-age=1234567890123456",
    ])
    func whatIsMalformedCountsAsAbsent(_ text: String) {
        let one = response("CDN-Cache-Control: \(text)", "Cache-Control: max-age=9")
        #expect(!one.isTargeted && one.lifetime.duration == seconds(9))
    }

    @Test(arguments: ["max-age=\"5\", public", "max-age=5.5, public", "max-age, public", "max-age=?1, public"])
    func aTimeOfAnotherTypeIsNoDirective(_ text: String) { #expect(response("CDN-Cache-Control: \(text)").lifetime.source == .none) }

    @Test func theLastOfTwoCounts() { #expect(response("CDN-Cache-Control: max-age=5, max-age=50").lifetime.duration == seconds(50)) }

    @Test func parametersAreDropped() {
        let said = response("CDN-Cache-Control: max-age=5;a=\"x\";b, no-store=?0, x=(1 \"a\";p), y=:aGk=:, z=@5, private=?1").directives
        #expect(said.maxAge == seconds(5) && !said.noStore && said.isPrivate == .all)
    }
}
