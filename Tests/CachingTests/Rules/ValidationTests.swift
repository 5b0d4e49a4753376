import Testing

@testable import Caching

/// RFC 9111 §4.3, §3.2.
@Suite struct ValidationTests {
    @Test func everyValidatorIsSent() {
        let asked = Freshening.conditions(fields("ETag: W/\"a\"", "Last-Modified: \(nowText)", "X: y"))
        #expect(asked == fields("If-None-Match: W/\"a\"", "If-Modified-Since: \(nowText)"))
        #expect(Freshening.conditions(fields("X: y")).lines.isEmpty)
    }

    /// §4.3.4.
    @Test func aNotModifiedIsAboutWhatItsValidatorNames() {
        #expect(Freshening.isAbout(fields("ETag: \"a\""), fields("ETag: \"a\"")))
        #expect(!Freshening.isAbout(fields("ETag: W/\"a\""), fields("ETag: \"a\"")))
        #expect(Freshening.isAbout(fields("ETag: W/\"a\""), fields("ETag: W/\"a\"")))
        #expect(Freshening.isAbout(fields("ETag: \"a\""), fields("ETag: W/\"a\"")))
        #expect(!Freshening.isAbout(fields("ETag: \"a\""), fields("ETag: \"a\"", "Vary: Foo")))
        #expect(Freshening.isAbout(fields("ETag: \"a\"", "Vary: foo"), fields("ETag: \"a\"", "Vary: Foo")))
        #expect(!Freshening.isAbout(fields("ETag: \"b\""), fields("ETag: \"a\"")))
        #expect(!Freshening.isAbout(fields("X: y"), fields("ETag: \"a\"")))
        #expect(Freshening.isAbout(fields("Last-Modified: \(nowText)"), fields("Last-Modified: \(nowText)")))
        #expect(!Freshening.isAbout(fields("Last-Modified: Mon, 07 Nov 1994 08:49:37 GMT"), fields("Last-Modified: \(nowText)")))
        #expect(Freshening.isAbout(fields("ETag: \"a\""), fields("Date: \(nowText)")))
    }

    /// §3.2.
    @Test func itsFieldsReplaceThoseStored() {
        let stored = fields(
            "Cache-Control: max-age=1", "ETag: \"a\"", "X: 1", "X: 2", "Content-Length: 5", "Content-Encoding: br", "Keep: it")
        let news = fields("Cache-Control: max-age=9", "X: 3", "Content-Length: 0", "Content-Encoding: gzip", "Connection: Y", "Y: 1")
        #expect(
            Freshening.updated(stored, with: news, Directives())
                == fields("ETag: \"a\"", "Content-Length: 5", "Content-Encoding: br", "Keep: it", "Cache-Control: max-age=9", "X: 3"))
    }

    /// §4.3.5.
    @Test func aHeadThatSaysOtherwiseConfirmsNothing() {
        let stored = fields("ETag: \"a\"", "Content-Length: 5")
        #expect(Freshening.isConfirmed(stored, size: 5, byHead: fields("ETag: \"a\"", "Content-Length: 5", "X: y")))
        #expect(Freshening.isConfirmed(stored, size: 5, byHead: fields("X: y")))
        #expect(!Freshening.isConfirmed(stored, size: 5, byHead: fields("Content-Length: 6")))
        #expect(!Freshening.isConfirmed(stored, size: 5, byHead: fields("ETag: \"b\"")))
        #expect(!Freshening.isConfirmed(stored, size: 5, byHead: fields("ETag: \"a\"", "ETag: \"b\"")))
    }
}

/// RFC 9111 §4.4.
@Suite struct InvalidationTests {
    private func targets(_ method: String, _ lines: FieldLines = FieldLines(), status: Int = 200) -> [String] {
        Invalidation(method, origin: "https://shop.example", target: "/cart/a?id=7", status: status, fields: lines).targets
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "X-NEW", "get"]) func unsafeAndUnknownMethodsInvalidate(_ method: String) {
        #expect(targets(method) == ["/cart/a?id=7"])
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "TRACE"]) func safeOnesDoNot(_ method: String) { #expect(targets(method).isEmpty) }

    @Test(arguments: [400, 404, 500, 503]) func failedOnesDoNot(_ status: Int) { #expect(targets("POST", status: status).isEmpty) }

    @Test(arguments: [
        ("/x/../y?z#f", "/y?z"), ("b", "/cart/b"), ("./b/", "/cart/b/"), ("../b", "/b"), ("?id=8", "/cart/a?id=8"),
        ("https://Shop.example/q", "/q"), ("https://shop.example", "/"), ("//shop.example/r", "/r"), ("https://shop.example?s", "/?s"),
    ])
    func locationsOfTheSameOriginToo(_ location: String, _ target: String) {
        #expect(targets("POST", fields("Location: \(location)"), status: 201) == ["/cart/a?id=7", target])
        #expect(targets("POST", fields("Content-Location: \(location)")) == ["/cart/a?id=7", target])
    }

    @Test(arguments: ["https://other.example/q", "http://shop.example/q", "//other.example/q", "https://shop.example:444/q"])
    func othersAreNotTouched(_ location: String) {
        #expect(targets("POST", fields("Location: \(location)")) == ["/cart/a?id=7"])
    }
}

/// RFC 9211.
@Suite struct CacheStatusTests {
    @Test func aHitSaysHowLongItIsFresh() {
        var status = CacheStatus()
        status.isHit = true
        status.remaining = seconds(-3)
        #expect(status.text == "tandem; hit; ttl=-3")
    }

    @Test func aForwardedRequestSaysWhyAndWhatCameOfIt() {
        var status = CacheStatus()
        (status.forward, status.forwardStatus, status.isStored, status.isCollapsed, status.detail) = (.stale, 304, true, true, "word")
        #expect(status.text == "tandem; fwd=stale; fwd-status=304; stored; collapsed; detail=word")
    }
}
