/// RFC 9110 §9.3.3: which answers to POST are answers to GET.
extension CacheRequirement {
    private static let itself = "Content-Location: {place}"

    /// A POST, and what becomes of a GET behind it.
    private static func posts(
        _ level: Level, _ words: String, by cache: Cache = .plain, isKept: Bool = false, _ answer: Origin.Answer,
        asking fields: [String] = []
    ) -> CacheRequirement {
        let length = ["Content-Length: 1"]
        return CacheRequirement(
            "9110 §9.3.3", level, words, by: cache,
            steps: [
                Step(method: "POST", fields: fields + length, body: "x", origin: answer, expectations: [.asked]),
                isKept
                    ? Step(expectations: [.kept, .status(200), .body("one"), .has("age")])
                    : Step(origin: ok("Cache-Control: no-store", body: "two"), expectations: [.asked, .body("two")]),
            ])
    }

    static let posted: [CacheRequirement] = [ofPosts, beforePosts].flatMap(\.self)

    private static let ofPosts: [CacheRequirement] = [
        posts(
            .may, "an answer to POST that says it is its target for a time is one to GET", isKept: true,
            ok("Cache-Control: max-age=60", itself)),
        posts(
            .may, "with the whole address, too", isKept: true, ok("Cache-Control: max-age=60", "Content-Location: http://h{place}")),
        posts(.may, "with Expires, too", isKept: true, ok("Expires: \(date(600))", "Date: \(date(0))", itself)),
        posts(
            .must, "an answer to POST that says no lifetime is none to GET", ok(itself, "ETag: \"a\"", "Last-Modified: \(date(-86_400))")),
        posts(.must, "an operator's lifetime is none that it says", by: .lasting, ok(itself)),
        posts(
            .must, "an answer to POST that is another's is none to GET", ok("Cache-Control: max-age=60", "Content-Location: {place}/other")),
        posts(.must, "nor one that is another host's", ok("Cache-Control: max-age=60", "Content-Location: http://other{place}")),
        posts(.must, "an answer to POST that is private is none to GET", ok("Cache-Control: max-age=60, private", itself)),
        posts(
            .must, "nor one to Authorization", ok("Cache-Control: max-age=60", itself), asking: ["Authorization: Basic eDp5"]),
        posts(.may, "201 to POST is what came of it, and none to GET", says(201, "Cache-Control: max-age=60", itself)),
        posts(
            .may, "an answer to POST that names another method is none to GET", ok("Cache-Control: max-age=60", itself),
            asking: ["X-HTTP-Method-Override: PUT"]),
        CacheRequirement(
            "9110 §9.3.3", .must, "an answer to POST that is cut is none to GET",
            ask(
                "POST", body: "x", origin: .init(lines: ["Cache-Control: max-age=60", itself], body: "one two three", missing: 4), is: .cut),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
    ]

    private static let beforePosts: [CacheRequirement] = [
        CacheRequirement(
            "9111 §4.4", .must, "an answer to POST takes the place of what was there",
            get(origin: ok("Cache-Control: max-age=60", body: "old"), is: .asked), get(is: .kept),
            ask("POST", body: "x", origin: ok("Cache-Control: max-age=60", itself), is: .asked), get(is: .kept, .body("one"))),
        CacheRequirement(
            "9111 §4.4", .must, "also of what was there for other requests",
            get("Foo: 1", origin: ok("Cache-Control: max-age=60", "Vary: Foo", body: "old"), is: .asked),
            ask("POST", "Foo: 2", body: "x", origin: ok("Cache-Control: max-age=60", "Vary: Foo", itself), is: .asked),
            get("Foo: 2", is: .kept, .body("one")), get("Foo: 1", origin: ok("Vary: Foo", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.3", .must, "no POST is answered with what is stored",
            ask("POST", body: "x", origin: ok("Cache-Control: max-age=60", itself), is: .asked),
            ask("POST", body: "x", origin: ok("Cache-Control: max-age=60", itself, body: "two"), is: .asked, .body("two")),
            get(is: .kept, .body("two")), ask("HEAD", is: .kept, .line("Content-Length: 3"))),
    ]
}
