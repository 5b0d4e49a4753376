/// RFC 9111 §4.3: asking the origin about what is stored, and what its answer does.
extension CacheRequirement {
    private static let stale = ["Cache-Control: max-age=60", "Age: 61"]

    private static func asksWith(_ level: Level, _ words: String, _ validators: [String], _ expectations: Expectation...)
        -> CacheRequirement
    {
        CacheRequirement(
            "9111 §4.3.1", level, words,
            steps: [
                Step(origin: .init(lines: stale + validators, body: "one"), expectations: [.asked]),
                Step(origin: says(304, "Cache-Control: max-age=60"), expectations: [.asked, .status(200), .body("one")] + expectations),
                Step(expectations: [.kept, .body("one")]),
            ])
    }

    private static let old = date(-86_400)

    static let validation: [CacheRequirement] = [
        asksWith(.must, "a strong tag is asked about", ["ETag: \"a\""], .askedWith("If-None-Match: \"a\"")),
        asksWith(.must, "a weak tag is asked about", ["ETag: W/\"a\""], .askedWith("If-None-Match: W/\"a\"")),
        asksWith(.should, "a date is asked about", ["Last-Modified: \(old)"], .askedWith("If-Modified-Since: \(old)")),
        asksWith(
            .should, "both are", ["Last-Modified: \(old)", "ETag: \"a\""], .askedWith("If-Modified-Since: \(old)"),
            .askedWith("If-None-Match: \"a\"")),
        CacheRequirement(
            "9111 §4.3.1", .must, "a validation carries the fields that Vary names",
            get("Abc: 123", origin: .init(lines: stale + ["ETag: \"a\"", "Vary: Abc"], body: "one"), is: .asked),
            get("Abc: 123", origin: says(304, "Cache-Control: max-age=60"), is: .askedWith("Abc: 123"), .askedWith("If-None-Match: \"a\""))),
        CacheRequirement(
            "9111 §4.3.2", .must, "a client's own conditions are not the cache's question",
            get(
                "If-None-Match: \"z\"", "If-Modified-Since: \(old)", origin: ok("Cache-Control: max-age=60", "ETag: \"a\""), is: .asked,
                .askedWithout("If-None-Match"), .askedWithout("If-Modified-Since"), .status(200))),
        CacheRequirement(
            "9111 §4.3.3", .must, "a whole answer takes the place of what was asked about",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", "ETag: \"b\"", body: "two"), is: .asked, .body("two")), get(is: .kept, .body("two"))
        ),
        CacheRequirement(
            "9111 §4.3.3", .must, "a client that has what is stored gets 304 after a validation",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get("If-None-Match: \"a\"", origin: says(304, "Cache-Control: max-age=60", "ETag: \"a\""), is: .asked, .status(304))),
        CacheRequirement(
            "9111 §4.3.3", .must, "a client that has something else gets all of it",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(
                "If-None-Match: \"z\"", origin: says(304, "Cache-Control: max-age=60", "ETag: \"a\""), is: .asked, .status(200),
                .body("one"))),
        CacheRequirement(
            "9111 §5.2.2.4", .must, "no-cache is asked about each time",
            get(origin: ok("Cache-Control: no-cache", "ETag: \"a\""), is: .asked), get(origin: says(304), is: .asked, .body("one")),
            get(origin: says(304), is: .asked, .body("one"))),
        CacheRequirement(
            "9111 §5.2.2.4", .must, "no-cache goes before a lifetime",
            get(origin: ok("Cache-Control: No-CaChE, max-age=600", "ETag: \"a\""), is: .asked),
            get(origin: says(304), is: .asked, .body("one"))),
        CacheRequirement(
            "9111 §5.2.2.4", .must, "no-cache without a validator is asked for each time",
            get(origin: ok("Cache-Control: no-cache, max-age=600"), is: .asked),
            get(origin: ok("Cache-Control: no-cache, max-age=600", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §4.2.2", .should, "an operator's lifetime begins anew with a 304", by: .lasting,
            get(origin: ok("ETag: \"a\"", "Age: 601"), is: .asked),
            get(origin: says(304, "ETag: \"a\"", "Age: 0"), is: .asked, .body("one")),
            get(is: .kept)),
        CacheRequirement(
            "9111 §4.3.3", .must, "a whole answer that may not be stored leaves nothing in its place",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two")),
            get(origin: ok("Cache-Control: no-store", body: "three"), is: .asked, .body("three"))),
    ]

    // MARK: §4.3.4, §3.2

    /// What a `304` says of one field, and what the next two answers have.
    private static func updates(_ level: Level, _ name: String, _ before: String, _ after: String, isKept: Bool = false) -> CacheRequirement
    {
        CacheRequirement(
            "9111 §3.2", level, isKept ? "\(name) stays as it was stored" : "a 304 replaces \(name)",
            get(origin: .init(lines: stale + ["ETag: \"a\"", "\(name): \(before)"], body: "one"), is: .asked),
            get(
                origin: .init(status: 304, lines: ["Cache-Control: max-age=60", "ETag: \"a\"", "Age: 0", "\(name): \(after)"]), is: .asked,
                .status(200), .line("\(name): \(isKept ? before : after)")),
            get(is: .kept, .line("\(name): \(isKept ? before : after)"), .body("one")))
    }

    static let freshening: [CacheRequirement] = [
        updates(.must, "X-Test", "1", "2"), updates(.must, "Content-Foo", "1", "2"), updates(.must, "Content-Security-Policy", "a", "b"),
        updates(.must, "X-Frame-Options", "deny", "sameorigin"), updates(.must, "Content-Location", "/a", "/b"),
        updates(.must, "Content-Language", "de", "en"), updates(.must, "Link", "</a>", "</b>"),
        updates(.must, "Expires", date(1), date(600)),
        updates(.must, "Content-Encoding", "x-one", "x-two", isKept: true),
        CacheRequirement(
            "9111 §3.2", .must, "Content-Length stays as it was stored",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(
                origin: says(304, "Cache-Control: max-age=60", "Age: 0", "Content-Length: 10"), is: .line("Content-Length: 3"), .body("one")
            ),
            get(is: .kept, .line("Content-Length: 3"))),
        CacheRequirement(
            "9111 §3.2", .must, "fields that a 304 leaves out stay",
            get(origin: .init(lines: stale + ["ETag: \"a\"", "X-Test: 1"], body: "one"), is: .asked),
            get(origin: says(304, "Cache-Control: max-age=60", "Age: 0"), is: .line("X-Test: 1")), get(is: .kept, .line("X-Test: 1"))),
        CacheRequirement(
            "9111 §3.2", .must, "all lines of a field are replaced together",
            get(origin: .init(lines: stale + ["ETag: \"a\"", "Link: </a>", "Link: </b>"], body: "one"), is: .asked),
            get(origin: says(304, "Cache-Control: max-age=60", "Age: 0", "Link: </c>"), is: .line("Link: </c>")),
            get(is: .kept, .line("Link: </c>"), .count("Link", 1))),
        CacheRequirement(
            "9111 §3.2", .must, "fields of the connection in a 304 are not stored",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(origin: says(304, "Cache-Control: max-age=60", "Age: 0", "Connection: X-Hop", "X-Hop: 1"), is: .lacks("X-Hop")),
            get(is: .kept, .lacks("X-Hop"))),
        CacheRequirement(
            "9111 §4.3.4", .must, "a 304 with another strong tag updates nothing",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(
                origin: .init(
                    status: 304, lines: ["ETag: \"b\"", "Cache-Control: max-age=60"],
                    next: [ok("Cache-Control: max-age=60", "ETag: \"b\"", body: "two")]),
                is: .status(200), .body("two")), get(is: .kept, .body("two"))),
        CacheRequirement(
            "9111 §4.3.4", .must, "a 304 with a strong tag updates nothing that has a weak one",
            get(origin: .init(lines: stale + ["ETag: W/\"a\""], body: "one"), is: .asked),
            get(
                origin: .init(
                    status: 304, lines: ["ETag: \"a\"", "Cache-Control: max-age=60"],
                    next: [ok("Cache-Control: max-age=60", "ETag: \"a\"", body: "two")]),
                is: .status(200), .body("two"))),
        CacheRequirement(
            "9111 §4.3.4", .must, "a 304 with the weak tag updates",
            get(origin: .init(lines: stale + ["ETag: W/\"a\""], body: "one"), is: .asked),
            get(origin: says(304, "ETag: W/\"a\"", "Cache-Control: max-age=60", "Age: 0"), is: .body("one")), get(is: .kept)),
        CacheRequirement(
            "9111 §4.3.4", .must, "a 304 with another date updates nothing",
            get(origin: .init(lines: stale + ["Last-Modified: \(old)"], body: "one"), is: .asked),
            get(
                origin: .init(
                    status: 304, lines: ["Last-Modified: \(date(-50))", "Cache-Control: max-age=60"],
                    next: [ok("Cache-Control: max-age=60", body: "two")]), is: .status(200), .body("two"))),
        CacheRequirement(
            "9111 §4.1", .must, "a 304 that varies by more than before updates nothing",
            get("Foo: 1", origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            get(
                "Foo: 1",
                origin: .init(
                    status: 304, lines: ["ETag: \"a\"", "Vary: Foo", "Cache-Control: max-age=60"],
                    next: [ok("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"a\"", body: "two")]), is: .status(200), .body("two")),
            get("Foo: 2", origin: ok("Cache-Control: no-store", body: "three"), is: .asked, .body("three"))),
        CacheRequirement(
            "9111 §4.3.5", .should, "the answer to HEAD updates what is stored",
            get(origin: .init(lines: stale + ["ETag: \"a\"", "X-Test: 1", "X-Other: 1"], body: "one"), is: .asked),
            ask("HEAD", origin: ok("Cache-Control: max-age=60", "ETag: \"a\"", "X-Test: 2", "Age: 0"), is: .asked, .askedBy("HEAD")),
            get(is: .kept, .body("one"), .line("X-Test: 2"), .line("X-Other: 1"))),
        CacheRequirement(
            "9111 §4.3.5", .should, "the answer to HEAD with another tag makes what is stored stale",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            ask("HEAD", origin: ok("Cache-Control: max-age=60", "ETag: \"b\"", "Age: 0"), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", "ETag: \"b\"", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §4.3.5", .should, "the answer to HEAD with another length makes what is stored stale",
            get(origin: .init(lines: stale + ["ETag: \"a\""], body: "one"), is: .asked),
            ask("HEAD", origin: ok("Cache-Control: max-age=60", "ETag: \"a\"", "Age: 0", body: "longer"), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §4.3.5", .must, "a failure of HEAD changes nothing",
            get(origin: .init(lines: stale + ["ETag: \"a\"", "X-Test: 1"], body: "one"), is: .asked),
            ask("HEAD", origin: says(410, "Cache-Control: max-age=60", "X-Test: 2"), is: .asked, .status(410)),
            get(origin: says(304, "Cache-Control: max-age=60"), is: .asked, .body("one"), .line("X-Test: 1"))),
    ]
}
