/// RFC 9111 §4.2.4 and RFC 5861: what is stale, and used all the same or not.
extension CacheRequirement {
    private static let down = says(503, "Cache-Control: no-store", body: "down")
    private static let silent = Origin.Answer(isSilent: true)

    /// Stored stale, asked for once more while the origin fails.
    private static func bridges(_ section: String, _ level: Level, _ words: String, _ lines: [String], _ failure: Origin.Answer)
        -> CacheRequirement
    {
        CacheRequirement(
            section, level, words, get(origin: .init(lines: lines, body: "one"), is: .asked),
            get(origin: failure, is: .status(200), .body("one"), .said("fwd=stale")))
    }

    private static func fails(
        _ section: String, _ level: Level, _ words: String, _ lines: [String], _ failure: Origin.Answer, asking: [String] = [], status: Int
    ) -> CacheRequirement {
        CacheRequirement(
            section, level, words,
            steps: [
                Step(origin: .init(lines: lines, body: "one"), expectations: [.asked]),
                Step(fields: asking, origin: failure, expectations: [.status(status)]),
            ])
    }

    private static func stale(_ more: String...) -> [String] {
        [
            "Cache-Control: " + (["max-age=60"] + more).joined(separator: ", "), "Age: 61",
            "ETag: \"a\"",
        ]
    }

    static let staleness: [CacheRequirement] = [
        CacheRequirement(
            "9111 §4.2.4", .must, "what is stale is not used while the origin answers",
            get(origin: .init(lines: stale(), body: "one"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        bridges("9111 §4.2.4", .may, "what is stale stands in for an origin that is silent", stale(), silent),
        bridges("9111 §4.3.3", .may, "a 503 counts as a failure to answer", stale(), down),
        bridges("9111 §4.3.3", .may, "a 500 counts as a failure to answer", stale(), says(500, body: "broken")),
        bridges("9111 §4.3.3", .may, "garbage counts as a failure to answer", stale(), .init(raw: "garbage\r\n\r\n")),
        fails("9111 §4.3.3", .must, "a 404 is an answer, and is passed on", stale(), says(404, "Cache-Control: no-store"), status: 404),
        fails("9111 §5.2.2.2", .must, "must-revalidate forbids it, silent", stale("must-revalidate"), silent, status: 502),
        fails("9111 §5.2.2.2", .must, "must-revalidate forbids it, 503", stale("must-revalidate"), down, status: 503),
        fails("9111 §5.2.2.8", .must, "proxy-revalidate forbids it, silent", stale("proxy-revalidate"), silent, status: 502),
        fails("9111 §5.2.2.8", .must, "proxy-revalidate forbids it, 503", stale("proxy-revalidate"), down, status: 503),
        fails(
            "9111 §5.2.2.10", .must, "s-maxage forbids it, silent", ["Cache-Control: s-maxage=60", "Age: 61", "ETag: \"a\""], silent,
            status: 502),
        fails(
            "9111 §5.2.2.10", .must, "s-maxage forbids it, 503", ["Cache-Control: s-maxage=60", "Age: 61", "ETag: \"a\""], down, status: 503
        ),
        fails(
            "9111 §5.2.2.4", .must, "no-cache forbids it, silent", ["Cache-Control: no-cache, max-age=60", "ETag: \"a\""], silent,
            status: 502),
        fails(
            "9111 §5.2.2.4", .must, "no-cache forbids it, 503", ["Cache-Control: no-cache, max-age=60", "ETag: \"a\""], down, status: 503),
        CacheRequirement(
            "9111 §4.2.4", .must, "what stands in has its Age", get(origin: .init(lines: stale(), body: "one"), is: .asked),
            get(origin: silent, is: .status(200), .age(61))),
        bridges("5861 §4", .may, "stale-if-error within its time", stale("stale-if-error=600"), down),
        bridges(
            "5861 §4", .may, "stale-if-error goes beside s-maxage",
            ["Cache-Control: s-maxage=60, stale-if-error=600", "Age: 61", "ETag: \"a\""], down),
        fails(
            "5861 §4", .must, "stale-if-error after its time", ["Cache-Control: max-age=60, stale-if-error=10", "Age: 75", "ETag: \"a\""],
            down,
            status: 503),
        fails(
            "5861 §4", .must, "stale-if-error of a request after its time", stale(), down, asking: ["Cache-Control: stale-if-error=0"],
            status: 503),
        fails(
            "9111 §5.2.2.2", .must, "must-revalidate goes before stale-if-error", stale("must-revalidate", "stale-if-error=600"), down,
            status: 503),
        CacheRequirement(
            "5861 §4", .must, "a failure that was bridged is not stored", get(origin: .init(lines: stale(), body: "one"), is: .asked),
            get(origin: says(503, "Cache-Control: max-age=60", body: "down"), is: .body("one")),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "5861 §3", .may, "stale-while-revalidate answers at once and asks behind it",
            get(origin: ok("Cache-Control: max-age=60, stale-while-revalidate=600", "Age: 61", "ETag: \"a\""), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", "ETag: \"b\"", body: "two"), is: .body("one"), .said("hit")).renewing,
            get(is: .kept, .body("two"))),
        CacheRequirement(
            "5861 §3", .must, "stale-while-revalidate after its time waits for the origin",
            get(origin: ok("Cache-Control: max-age=60, stale-while-revalidate=10", "Age: 75", "ETag: \"a\""), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §5.2.2.2", .must, "must-revalidate goes before stale-while-revalidate",
            get(origin: ok("Cache-Control: max-age=60, must-revalidate, stale-while-revalidate=600", "Age: 61", "ETag: \"a\""), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "8246 §2", .should, "immutable makes nothing fresh that is stale",
            get(origin: ok("Cache-Control: max-age=60, immutable", "Age: 61", "ETag: \"a\""), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        keeps("8246 §2", .may, "what is fresh and immutable is used", "Cache-Control: max-age=60, immutable"),
    ]
}
