/// RFC 9111 §4 and §4.1: answers made of what is stored.
extension CacheRequirement {
    private static let fresh = "Cache-Control: max-age=60"

    static let reusing: [CacheRequirement] = [
        CacheRequirement(
            "9111 §4", .must, "another path is another answer", get(path: "/a", origin: ok(fresh), is: .asked),
            get(path: "/b", origin: ok(fresh, body: "two"), is: .asked, .body("two")), get(path: "/a", is: .kept, .body("one"))),
        CacheRequirement(
            "9111 §4", .must, "another query is another answer", get(path: "?a=1", origin: ok(fresh), is: .asked),
            get(path: "?a=2", origin: ok(fresh, body: "two"), is: .asked, .body("two")), get(path: "?a=1", is: .kept, .body("one"))),
        CacheRequirement(
            "9111 §4", .may, "the same query is the same answer", get(path: "?a=1&b", origin: ok(fresh), is: .asked),
            get(path: "?a=1&b", is: .kept)),
        CacheRequirement(
            "9111 §4", .must, "the case of a path tells two apart", get(path: "/a", origin: ok(fresh), is: .asked),
            get(path: "/A", origin: ok(fresh, body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §4", .must, "another host is another answer", get(host: "a.test", origin: ok(fresh), is: .asked),
            get(host: "b.test", origin: ok(fresh, body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §4.2.3", .may, "the case of a host is no matter", get(host: "a.test", origin: ok(fresh), is: .asked),
            get(host: "A.Test", is: .kept)),
        CacheRequirement(
            "9111 §4", .must, "another port is another answer", get(host: "a.test:81", origin: ok(fresh), is: .asked),
            get(host: "a.test:82", origin: ok(fresh, body: "two"), is: .asked, .body("two"))),
        CacheRequirement("9111 §4", .must, "a kept answer has Age", get(origin: ok(fresh), is: .asked), get(is: .kept, .age(0))),
        CacheRequirement(
            "9111 §4", .must, "Age counts what the origin's Age says", get(origin: ok("Cache-Control: max-age=600", "Age: 30")),
            get(is: .kept, .age(30))),
        CacheRequirement(
            "9111 §4", .must, "Age grows while it is stored", get(origin: ok("Cache-Control: max-age=600", "Age: 30")),
            get(is: .kept, .age(31)).after(milliseconds: 1200)),
        CacheRequirement(
            "9110 §6.6.1", .must, "Date stays the origin's", get(origin: ok("Cache-Control: max-age=600", "Date: \(date(-100))")),
            get(is: .kept, .line("Date: \(date(-100))"), .age(100))),
        CacheRequirement(
            "9110 §6.6.1", .must, "an answer without Date gets one", get(origin: ok(fresh), is: .asked),
            get(is: .kept, .has("Date"))),
        CacheRequirement(
            "9111 §4", .must, "an unsafe request is written through", get(origin: ok(fresh), is: .asked),
            ask("POST", body: "x", origin: ok("Cache-Control: no-store", body: "done"), is: .asked, .askedBy("POST"), .body("done"))),
        CacheRequirement(
            "9110 §9.3.2", .may, "HEAD is answered by a kept answer to GET",
            get(origin: ok(fresh, "X-A: 1"), is: .asked), ask("HEAD", is: .kept, .status(200), .line("Content-Length: 3"), .line("x-a: 1"))),
        CacheRequirement(
            "9110 §9.3.2", .must, "HEAD is asked as HEAD where nothing is kept", ask("HEAD", origin: ok(fresh), is: .askedBy("HEAD"))),
        CacheRequirement(
            "9110 §7.6.3", .must, "Via names this hop on answers, also on kept ones", get(origin: ok(fresh), is: .line("via: 1.1 tandem")),
            get(is: .kept, .line("via: 1.1 tandem"))),
        CacheRequirement("9110 §7.6.3", .must, "Via names this hop on requests", get(origin: ok(fresh), is: .askedWith("via: 1.1 tandem"))),
        CacheRequirement(
            "9110 §8.6", .must, "a kept answer's length is that of its body",
            get(origin: .init(lines: [fresh], body: "chunks", isChunked: true)),
            get(is: .kept, .line("Content-Length: 6"), .body("chunks"))),
        CacheRequirement(
            "9111 §4", .must, "the newer of two answers is used",
            get(origin: ok("Cache-Control: max-age=60", "Age: 61"), is: .asked), get(origin: ok(fresh, body: "two"), is: .asked),
            get(is: .kept, .body("two"))),
    ]

    // MARK: Vary

    private static func vary(_ fields: String) -> [String] { ["Cache-Control: max-age=60", "Vary: \(fields)"] }

    /// The first request's fields, and whether the second's select the same.
    private static func varies(
        _ words: String, _ level: Level, _ vary: [String], _ first: [String], _ second: [String], isSame: Bool
    ) -> CacheRequirement {
        CacheRequirement(
            "9111 §4.1", level, words,
            steps: [
                Step(fields: first, origin: .init(lines: vary, body: "one"), expectations: [.asked]),
                isSame
                    ? Step(fields: second, expectations: [.kept, .body("one")])
                    : Step(fields: second, origin: .init(lines: vary, body: "two"), expectations: [.asked, .body("two")]),
            ])
    }

    static let varying: [CacheRequirement] = [selecting, stars, variants].flatMap(\.self)

    private static let selecting: [CacheRequirement] =
        [
            varies("the same selecting field is the same answer", .may, vary("Foo"), ["Foo: 1"], ["Foo: 1"], isSame: true),
            varies("another selecting field is another", .must, vary("Foo"), ["Foo: 1"], ["Foo: 2"], isSame: false),
            varies("a field that is missing is another", .must, vary("Foo"), ["Foo: 1"], [], isSame: false),
            varies("a field that was missing is another", .must, vary("Foo"), [], ["Foo: 1"], isSame: false),
            varies("an empty field is not a missing one", .must, vary("Foo"), [], ["Foo: "], isSame: false),
            varies("two missing fields are the same", .may, vary("Foo"), [], [], isSame: true),
            varies(
                "fields that are not named are no matter", .may, vary("Foo"), ["Foo: 1", "Bar: 1"], ["Foo: 1", "Bar: 2"], isSame: true),
            varies("all of two fields count", .must, vary("Foo, Bar"), ["Foo: 1", "Bar: 1"], ["Foo: 1", "Bar: 2"], isSame: false),
            varies(
                "all of three fields count", .must, vary("Foo, Bar, Baz"), ["Foo: 1", "Bar: 1", "Baz: 1"], ["Foo: 1", "Bar: 1", "Baz: 2"],
                isSame: false),
            varies(
                "fields on several Vary lines count", .must, vary("Foo") + ["Vary: Bar"], ["Foo: 1", "Bar: 1"], ["Foo: 1", "Bar: 2"],
                isSame: false),
            varies("the case of names is no matter", .may, vary("fOO"), ["Foo: 1"], ["foO: 1"], isSame: true),
            varies("the case of values is", .must, vary("Foo"), ["Foo: a"], ["Foo: A"], isSame: false),
            varies("spaces around commas are no matter", .may, vary("Foo"), ["Foo: 1,2"], ["Foo:  1, 2 "], isSame: true),
            varies("lines that are joined are the same as one", .may, vary("Foo"), ["Foo: 1, 2"], ["Foo: 1", "Foo: 2"], isSame: true),
            varies("the order of lines is", .must, vary("Foo"), ["Foo: 1", "Foo: 2"], ["Foo: 2", "Foo: 1"], isSame: false),
            varies("empty members of Vary are nothing", .may, vary(", ,Foo,"), ["Foo: 1"], ["Foo: 1"], isSame: true),
            varies(
                "codings are compared by what they ask for", .may, vary("Accept-Encoding"), ["Accept-Encoding: gzip, br"],
                ["Accept-Encoding: br;q=1.0,gzip"], isSame: true),
            varies(
                "codings that differ are others", .must, vary("Accept-Encoding"), ["Accept-Encoding: gzip"], ["Accept-Encoding: br"],
                isSame: false),
            varies(
                "languages of one weight are liked alike, in whatever order and case", .may, vary("Accept-Language"),
                ["Accept-Language: en, de;q=1.0"], ["Accept-Language:  DE,eN"], isSame: true),
            varies(
                "languages are compared by their weights", .must, vary("Accept-Language"), ["Accept-Language: en, de;q=0.5"],
                ["Accept-Language: de, en;q=0.5"], isSame: false),
            varies(
                "a language in Content-Language selects nothing", .must, vary("Accept-Language") + ["Content-Language: de"],
                ["Accept-Language: en, de"], ["Accept-Language: fr;q=0.5, de"], isSame: false),
            varies("no coding at all is another", .must, vary("Accept-Encoding"), ["Accept-Encoding: gzip"], [], isSame: false),
            varies(
                "a coding that is refused is another", .must, vary("Accept-Encoding"), ["Accept-Encoding: gzip"],
                ["Accept-Encoding: gzip;q=0"],
                isSame: false),
            varies("Vary: Cookie tells visitors apart", .must, vary("Cookie"), ["Cookie: a=1"], ["Cookie: a=2"], isSame: false),
            varies("Vary: Host is what the key is anyway", .may, vary("Host"), [], [], isSame: true),
            varies("a quoted comma parts nothing", .must, vary("Foo"), ["Foo: \"a,b\""], ["Foo: \"a, b\""], isSame: false),
        ]

    private static let stars: [CacheRequirement] = ["*", "*, *", ", *", "*, Foo", "Foo, *"].map {
        varies("Vary: \($0) fits no request", .must, vary($0), ["Foo: 1"], ["Foo: 1"], isSame: false)
    }

    private static let variants: [CacheRequirement] = [
        varies("* on a line of its own fits none", .must, vary("Foo") + ["Vary: *"], ["Foo: 1"], ["Foo: 1"], isSame: false),
        CacheRequirement(
            "9111 §4.1", .may, "variants stand side by side", get("Foo: 1", origin: .init(lines: vary("Foo"), body: "one"), is: .asked),
            get("Foo: 2", origin: .init(lines: vary("Foo"), body: "two"), is: .asked), get("Foo: 1", is: .kept, .body("one")),
            get("Foo: 2", is: .kept, .body("two"))),
        CacheRequirement(
            "9111 §4.1", .must, "an answer without Vary after one with is for all",
            get("Foo: 1", origin: .init(lines: vary("Foo"), body: "one"), is: .asked),
            get("Foo: 2", origin: ok("Cache-Control: max-age=60", body: "two"), is: .asked), get("Foo: 3", is: .kept, .body("two"))),
        CacheRequirement(
            "9111 §4.1", .must, "a request for another variant is not asked with this one's tag",
            get("Foo: 1", origin: ok("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"a\""), is: .asked),
            get("Foo: 2", origin: ok("Cache-Control: max-age=60", "Vary: Foo", body: "two"), is: .asked, .askedWithout("If-None-Match"))
        ),
    ]
}
