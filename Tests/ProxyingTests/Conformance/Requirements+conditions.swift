/// RFC 9110 §13 and §14: conditions and ranges that are answered from what is stored.
extension CacheRequirement {
    private static let old = date(-3000)

    /// A request with fields, of something fresh.
    private static func answers(
        _ section: String, _ level: Level, _ words: String, _ stored: [String], _ fields: [String], _ expectations: Expectation...,
        method: String = "GET"
    ) -> CacheRequirement {
        CacheRequirement(
            section, level, words,
            steps: [
                Step(origin: .init(lines: ["Cache-Control: max-age=600"] + stored, body: "0123456789"), expectations: [.asked]),
                Step(method: method, fields: fields, expectations: [.kept] + expectations),
            ])
    }

    static let conditions: [CacheRequirement] = tags + dates + ranges

    private static let tags: [CacheRequirement] = [
        answers(
            "9110 §13.1.2", .must, "the tag it has is 304", ["ETag: \"a\""], ["If-None-Match: \"a\""], .status(304), .line("ETag: \"a\"")),
        answers("9110 §13.1.2", .must, "another tag is 200", ["ETag: \"a\""], ["If-None-Match: \"b\""], .status(200), .body("0123456789")),
        answers("9110 §13.1.2", .must, "the first of several tags", ["ETag: \"a\""], ["If-None-Match: \"a\", \"b\", \"c\""], .status(304)),
        answers("9110 §13.1.2", .must, "one between", ["ETag: \"a\""], ["If-None-Match: \"b\", \"a\", \"c\""], .status(304)),
        answers("9110 §13.1.2", .must, "the last one", ["ETag: \"a\""], ["If-None-Match: \"b\", \"c\", \"a\""], .status(304)),
        answers(
            "9110 §13.1.2", .must, "one on another line", ["ETag: \"a\""], ["If-None-Match: \"b\"", "If-None-Match: \"a\""], .status(304)),
        answers("9110 §13.1.2", .must, "any tag", ["ETag: \"a\""], ["If-None-Match: *"], .status(304)),
        answers("9110 §13.1.2", .must, "weak tags are compared weakly", ["ETag: W/\"a\""], ["If-None-Match: W/\"a\""], .status(304)),
        answers("9110 §13.1.2", .must, "a weak tag is the strong one's like", ["ETag: \"a\""], ["If-None-Match: W/\"a\""], .status(304)),
        answers("9110 §13.1.2", .must, "a strong tag is the weak one's like", ["ETag: W/\"a\""], ["If-None-Match: \"a\""], .status(304)),
        answers("9110 §8.8.3", .must, "the case of a tag tells two apart", ["ETag: \"a\""], ["If-None-Match: \"A\""], .status(200)),
        answers("9110 §8.8.3", .must, "a comma in a tag parts nothing", ["ETag: \"a,b\""], ["If-None-Match: \"x\", \"a,b\""], .status(304)),
        answers("9110 §8.8.3", .must, "a part of a tag is no tag", ["ETag: \"a,b\""], ["If-None-Match: \"a\", \"b\""], .status(200)),
        answers("9110 §13.1.2", .must, "without a tag no tag fits", ["X-A: 1"], ["If-None-Match: \"a\""], .status(200)),
        answers(
            "9110 §13.2.2", .must, "If-None-Match goes before If-Modified-Since, same", ["ETag: \"a\"", "Last-Modified: \(old)"],
            ["If-None-Match: \"a\"", "If-Modified-Since: \(date(-9000))"], .status(304)),
        answers(
            "9110 §13.2.2", .must, "and other", ["ETag: \"a\"", "Last-Modified: \(old)"],
            ["If-None-Match: \"b\"", "If-Modified-Since: \(date(0))"], .status(200)),
        answers("9110 §13.1.2", .must, "HEAD too gets 304", ["ETag: \"a\""], ["If-None-Match: \"a\""], .status(304), method: "HEAD"),
        answers(
            "9110 §15.4.5", .must, "a 304 has the fields that steer caches",
            ["ETag: \"a\"", "Vary: Foo", "Expires: \(date(600))", "Content-Location: /x", "Date: \(date(-5))"], ["If-None-Match: \"a\""],
            .line("ETag: \"a\""), .line("Vary: Foo"), .line("Cache-Control: max-age=600"), .line("Expires: \(date(600))"),
            .line("Content-Location: /x"), .line("Date: \(date(-5))"), .status(304)),
        answers(
            "9110 §15.4.5", .should, "a 304 says nothing else of the content",
            ["ETag: \"a\"", "Content-Type: text/plain", "Content-Language: de"],
            ["If-None-Match: \"a\""], .lacks("Content-Type"), .lacks("Content-Language")),
        answers("9110 §13.1.1", .must, "If-Match with the tag is 200", ["ETag: \"a\""], ["If-Match: \"a\""], .status(200)),
        answers("9110 §13.1.1", .must, "with another 412", ["ETag: \"a\""], ["If-Match: \"b\""], .status(412)),
        answers("9110 §13.1.1", .must, "with a weak one 412", ["ETag: W/\"a\""], ["If-Match: W/\"a\""], .status(412)),
        answers("9110 §13.1.1", .must, "with any 200", ["ETag: \"a\""], ["If-Match: *"], .status(200)),
    ]

    private static let dates: [CacheRequirement] = [
        answers("9110 §13.1.3", .must, "the date it has is 304", ["Last-Modified: \(old)"], ["If-Modified-Since: \(old)"], .status(304)),
        answers(
            "9110 §13.1.3", .must, "a later one is 304", ["Last-Modified: \(old)"], ["If-Modified-Since: \(date(-2000))"], .status(304)),
        answers(
            "9110 §13.1.3", .must, "an earlier one is 200", ["Last-Modified: \(old)"], ["If-Modified-Since: \(date(-4000))"], .status(200)),
        answers(
            "9110 §13.1.3", .must, "what is no date is ignored", ["Last-Modified: \(old)"], ["If-Modified-Since: yesterday"], .status(200)),
        answers(
            "9111 §4.3.2", .must, "without Last-Modified the date of the answer counts", ["Date: \(date(-100))"],
            ["If-Modified-Since: \(date(-50))"], .status(304)),
        answers(
            "9111 §4.3.2", .must, "an earlier date than that is 200", ["Date: \(date(-100))"], ["If-Modified-Since: \(date(-500))"],
            .status(200)),
        answers(
            "9110 §13.1.4", .must, "If-Unmodified-Since with an earlier date is 412", ["Last-Modified: \(old)"],
            ["If-Unmodified-Since: \(date(-4000))"], .status(412)),
        answers(
            "9110 §13.1.4", .must, "with a later one 200", ["Last-Modified: \(old)"], ["If-Unmodified-Since: \(date(-2000))"], .status(200)),
        answers(
            "9110 §13.2.2", .must, "If-Match goes before If-Unmodified-Since", ["ETag: \"a\"", "Last-Modified: \(old)"],
            ["If-Match: \"a\"", "If-Unmodified-Since: \(date(-4000))"], .status(200)),
        CacheRequirement(
            "9110 §5.6.7", .must, "If-Modified-Since in the form of RFC 850",
            get(origin: ok("Cache-Control: max-age=600", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"), is: .asked),
            get("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT", is: .kept, .status(304)),
            get("If-Modified-Since: Sun Nov  6 08:49:37 1994", is: .kept, .status(304))),
        CacheRequirement(
            "9110 §13.1", .must, "conditions are for what would be 200",
            get(origin: says(404, "Cache-Control: max-age=60", "ETag: \"a\""), is: .asked),
            get("If-None-Match: \"a\"", is: .kept, .status(404)), get("If-Match: \"b\"", is: .kept, .status(404))),
    ]

    /// Of the digest of `0123456789`.
    private static let boundary = "84d89877f0d4041efb6bf91a16f0248f2fd573e6"

    private static func parts(_ type: String, _ parts: (place: String, bytes: String)...) -> String {
        parts.map { "\r\n--\(boundary)\r\n\(type)Content-Range: \($0.place)\r\n\r\n\($0.bytes)" }.joined() + "\r\n--\(boundary)--\r\n"
    }

    private static let ranges: [CacheRequirement] = [
        answers(
            "9110 §14.2", .may, "a range is a part", [], ["Range: bytes=2-4"], .status(206), .body("234"),
            .line("Content-Range: bytes 2-4/10"),
            .line("Content-Length: 3")),
        answers("9110 §14.1.2", .may, "a range without an end", [], ["Range: bytes=7-"], .status(206), .body("789")),
        answers("9110 §14.1.2", .may, "the last bytes", [], ["Range: bytes=-2"], .status(206), .body("89")),
        answers("9110 §14.1.2", .must, "more last bytes than there are", [], ["Range: bytes=-20"], .status(206), .body("0123456789")),
        answers(
            "9110 §14.1.2", .must, "an end behind the end", [], ["Range: bytes=8-99"], .status(206), .body("89"),
            .line("Content-Range: bytes 8-9/10")),
        answers(
            "9110 §15.5.17", .must, "a range behind the end is 416", [], ["Range: bytes=10-"], .status(416),
            .line("Content-Range: bytes */10")),
        answers("9110 §14.1.2", .must, "no last bytes are 416", [], ["Range: bytes=-0"], .status(416)),
        answers("9110 §14.1.1", .must, "a range that runs backwards is none", [], ["Range: bytes=4-2"], .status(200), .body("0123456789")),
        answers("9110 §14.2", .must, "another unit is none", [], ["Range: lines=1-2"], .status(200)),
        answers("9110 §14.1", .must, "the case of the unit is no matter", [], ["Range: Bytes=2-4"], .status(206), .body("234")),
        answers(
            "9110 §14.6", .may, "several ranges are parts of one answer", ["Content-Type: text/plain"], ["Range: bytes=8-, 0-1"],
            .status(206), .line("Content-Type: multipart/byteranges; boundary=\(boundary)"), .lacks("Content-Range"),
            .body(parts("Content-Type: text/plain\r\n", ("bytes 8-9/10", "89"), ("bytes 0-1/10", "01")))),
        answers(
            "9110 §15.3.7.2", .may, "a part has no type where the whole has none", [], ["Range: bytes=0-1,4-5"], .status(206),
            .body(parts("", ("bytes 0-1/10", "01"), ("bytes 4-5/10", "45")))),
        answers(
            "9110 §15.3.7.2", .must, "one range that is left of several is no multipart", [], ["Range: bytes=2-4,10-"], .status(206),
            .body("234"), .line("Content-Range: bytes 2-4/10")),
        answers("9110 §15.5.17", .must, "several ranges behind the end are 416", [], ["Range: bytes=10-,20-30"], .status(416)),
        answers(
            "9110 §14.2", .should, "ranges that overlap are all of it", [], ["Range: bytes=0-4,4-5"], .status(200), .body("0123456789")),
        answers(
            "9110 §14.2", .should, "more ranges than anybody needs are all of it", [],
            ["Range: bytes=" + Array(repeating: "10-", count: 17).joined(separator: ",")], .status(200)),
        answers(
            "9110 §14.1.1", .must, "one range of several that is none makes all of them none", [], ["Range: bytes=0-1,4-2"], .status(200)),
        answers(
            "9110 §14.2", .must, "HEAD has no range", [], ["Range: bytes=2-4"], .status(200), .line("Content-Length: 10"), method: "HEAD"),
        answers(
            "9110 §13.1.5", .must, "If-Range with the tag is a part", ["ETag: \"a\""], ["Range: bytes=2-4", "If-Range: \"a\""], .status(206)
        ),
        answers("9110 §13.1.5", .must, "with another all of it", ["ETag: \"a\""], ["Range: bytes=2-4", "If-Range: \"b\""], .status(200)),
        answers(
            "9110 §13.1.5", .must, "with a weak one all of it", ["ETag: W/\"a\""], ["Range: bytes=2-4", "If-Range: W/\"a\""], .status(200)),
        answers(
            "9110 §13.1.5", .must, "with the date a part", ["Last-Modified: \(old)", "Date: \(date(-10))"],
            ["Range: bytes=2-4", "If-Range: \(old)"], .status(206)),
        answers(
            "9110 §13.1.5", .must, "with another date all of it", ["Last-Modified: \(old)", "Date: \(date(-10))"],
            ["Range: bytes=2-4", "If-Range: \(date(-2000))"], .status(200)),
        answers(
            "9110 §13.2.2", .must, "If-None-Match goes before a range", ["ETag: \"a\""], ["Range: bytes=2-4", "If-None-Match: \"a\""],
            .status(304)),
        answers(
            "9110 §15.3.7", .must, "a part has the fields that 200 would have", ["ETag: \"a\"", "Vary: Foo", "Content-Location: /x"],
            ["Range: bytes=2-4"], .line("ETag: \"a\""), .line("Vary: Foo"), .line("Cache-Control: max-age=600"),
            .line("Content-Location: /x")),
        CacheRequirement(
            "9110 §14.2", .must, "only 200 has ranges", get(origin: says(404, "Cache-Control: max-age=60", body: "0123456789"), is: .asked),
            get("Range: bytes=2-4", is: .kept, .status(404), .body("0123456789"))),
    ]
}
