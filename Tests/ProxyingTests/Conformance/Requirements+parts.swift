/// RFC 9111 §3.3 and §3.4, RFC 9110 §14: parts that an origin sends.
extension CacheRequirement {
    /// Bytes of `0123456789`.
    private static func part(_ first: Int, _ last: Int, _ lines: String..., cut: Int? = nil) -> Origin.Answer {
        let body = String(Array("0123456789")[first...last])
        return .init(
            status: 206, lines: ["Cache-Control: max-age=600", "Content-Range: bytes \(first)-\(last)/10"] + lines, body: body,
            missing: cut ?? 0)
    }

    private static let whole = ok("Cache-Control: no-store", body: "all new")
    private static let strong = "ETag: \"a\""

    static let parts: [CacheRequirement] = [
        CacheRequirement(
            "9111 §3.3", .may, "a part is used for the same part",
            get(
                "Range: bytes=-5", origin: part(5, 9), is: .asked,
                .askedWith("Range: bytes=-5"), .status(206), .body("56789"), .line("Content-Range: bytes 5-9/10")),
            get("Range: bytes=-5", is: .kept, .status(206), .body("56789"), .line("Content-Range: bytes 5-9/10"), .age(0))),
        CacheRequirement(
            "9111 §3.3", .may, "and for a smaller one", get("Range: bytes=5-9", origin: part(5, 9), is: .asked),
            get("Range: bytes=6-8", is: .kept, .status(206), .body("678"), .line("Content-Range: bytes 6-8/10"), .line("Content-Length: 3"))
        ),
        CacheRequirement(
            "9111 §3.3", .may, "without an end", get("Range: bytes=5-9", origin: part(5, 9), is: .asked),
            get("Range: bytes=6-", is: .kept, .status(206), .body("6789"))),
        CacheRequirement(
            "9111 §3.3", .may, "and for the last bytes", get("Range: bytes=5-9", origin: part(5, 9), is: .asked),
            get("Range: bytes=-1", is: .kept, .status(206), .body("9"))),
        CacheRequirement(
            "9111 §3.3", .must, "a part is not used for more than it is", get("Range: bytes=2-5", origin: part(2, 5), is: .asked),
            get("Range: bytes=2-6", origin: part(2, 6), is: .asked, .status(206), .body("23456"))),
        CacheRequirement(
            "9111 §3.3", .must, "a part is not used as the whole", get("Range: bytes=0-4", origin: part(0, 4), is: .asked),
            get(origin: whole, is: .asked, .status(200), .body("all new"))),
        CacheRequirement(
            "9111 §3.3", .must, "a part that is stale is not used",
            get(
                "Range: bytes=0-4",
                origin: .init(status: 206, lines: ["Cache-Control: max-age=60", "Age: 61", "Content-Range: bytes 0-4/10"], body: "01234"),
                is: .asked), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9111 §3.3", .must, "a part that may not be stored is not",
            get(
                "Range: bytes=0-4",
                origin: .init(status: 206, lines: ["Cache-Control: no-store", "Content-Range: bytes 0-4/10"], body: "01234"),
                is: .asked), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9111 §3.3", .must, "a part whose length is not its range's is not stored",
            get(
                "Range: bytes=0-4",
                origin: .init(status: 206, lines: ["Cache-Control: max-age=60", "Content-Range: bytes 0-5/10"], body: "01234"),
                is: .asked), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9111 §3.3", .must, "a part that is cut is not stored as it was said to be",
            get("Range: bytes=0-4", origin: part(0, 4, cut: 2), is: .cut), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9110 §14.4", .must, "a Content-Range that makes no sense is not stored",
            get(
                "Range: bytes=0-4",
                origin: .init(status: 206, lines: ["Cache-Control: max-age=60", "Content-Range: bytes 4-0/10"], body: "01234"),
                is: .asked), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9110 §15.3.7.2", .must, "several parts in one answer are not stored",
            get(
                "Range: bytes=0-1,3-4",
                origin: .init(
                    status: 206, lines: ["Cache-Control: max-age=60", "Content-Type: multipart/byteranges; boundary=b"],
                    body: "--b--"), is: .asked, .status(206)), get("Range: bytes=0-1", origin: part(0, 1), is: .asked)),
        CacheRequirement(
            "9110 §14.6", .may, "several ranges of a part are answered from it, others are asked for",
            get("Range: bytes=0-4", origin: part(0, 4), is: .asked),
            get("Range: bytes=0-0,3-4", is: .kept, .status(206), .lacks("Content-Range")),
            get(
                "Range: bytes=0-0,8-9",
                origin: .init(status: 206, lines: ["Content-Type: multipart/byteranges; boundary=b"], body: "--b--"),
                is: .asked, .askedWith("Range: bytes=0-0,8-9"), .status(206), .body("--b--"))),
        CacheRequirement(
            "9111 §4.1", .must, "parts vary as wholes do", get("Foo: 1", "Range: bytes=0-4", origin: part(0, 4, "Vary: Foo"), is: .asked),
            get("Foo: 2", "Range: bytes=0-4", origin: part(0, 4, "Vary: Foo"), is: .asked),
            get("Foo: 1", "Range: bytes=0-1", is: .kept, .body("01"))),
        CacheRequirement(
            "9111 §4.4", .must, "a change makes parts invalid", get("Range: bytes=0-4", origin: part(0, 4), is: .asked),
            ask("POST", body: "x", origin: ok()), get("Range: bytes=0-4", origin: part(0, 4), is: .asked)),
        CacheRequirement(
            "9110 §13.1.5", .must, "If-Range with the part's tag gets the part",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get("Range: bytes=0-4", "If-Range: \"a\"", is: .kept, .status(206))),
        CacheRequirement(
            "9110 §13.1.5", .must, "If-Range with another tag does not", get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get(
                "Range: bytes=0-4", "If-Range: \"z\"", origin: whole, is: .asked, .askedWith("If-Range: \"z\""), .status(200),
                .body("all new"))),
        CacheRequirement(
            "9110 §13.1.2", .must, "If-None-Match with the part's tag is 304",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get("Range: bytes=0-4", "If-None-Match: \"a\"", is: .kept, .status(304))),
        CacheRequirement(
            "9110 §14.2", .may, "a range of what is not stored reaches the origin",
            get(
                "Range: bytes=2-4", origin: part(2, 4),
                is:
                    .asked, .askedWith("Range: bytes=2-4"))),
        CacheRequirement(
            "9111 §3.3", .must, "an answer of 200 to a range is stored as the whole",
            get(
                "Range: bytes=2-4",
                origin: ok("Cache-Control: max-age=60", body: "0123456789"), is: .asked, .status(200), .body("0123456789")),
            get(is: .kept, .body("0123456789")), get("Range: bytes=2-4", is: .kept, .status(206), .body("234"))),
        CacheRequirement(
            "9110 §15.5.17", .must, "416 is passed on",
            get(
                "Range: bytes=99-", origin: says(416, "Content-Range: bytes */10", body: ""), is: .asked,
                .status(416), .line("Content-Range: bytes */10"))),
        // §3.4
        CacheRequirement(
            "9111 §3.4", .may, "parts of one strong tag that touch are one",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get("Range: bytes=5-7", origin: part(5, 7, strong), is: .asked), get("Range: bytes=3-6", is: .kept, .status(206), .body("3456"))
        ),
        CacheRequirement(
            "9111 §3.4", .may, "parts that overlap are one", get("Range: bytes=2-5", origin: part(2, 5, strong), is: .asked),
            get("Range: bytes=0-3", origin: part(0, 3, strong), is: .asked),
            get("Range: bytes=0-5", is: .kept, .status(206), .body("012345"))),
        CacheRequirement(
            "9111 §3.4", .may, "parts that make the whole are the whole", get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get("Range: bytes=5-9", origin: part(5, 9, strong), is: .asked),
            get(is: .kept, .status(200), .body("0123456789"), .line("Content-Length: 10"), .lacks("Content-Range"))),
        CacheRequirement(
            "9111 §3.4", .must, "parts of two strong tags are not one", get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get("Range: bytes=5-9", origin: part(5, 9, "ETag: \"b\""), is: .asked), get(origin: whole, is: .asked, .body("all new"))),
        CacheRequirement(
            "9111 §3.4", .must, "parts of a weak tag are not one", get("Range: bytes=0-4", origin: part(0, 4, "ETag: W/\"a\""), is: .asked),
            get("Range: bytes=5-9", origin: part(5, 9, "ETag: W/\"a\""), is: .asked), get(origin: whole, is: .asked, .body("all new"))),
        CacheRequirement(
            "9111 §3.4", .must, "parts without a tag are not one", get("Range: bytes=0-4", origin: part(0, 4), is: .asked),
            get("Range: bytes=5-9", origin: part(5, 9), is: .asked), get(origin: whole, is: .asked, .body("all new"))),
        CacheRequirement(
            "9111 §3.4", .must, "parts with a gap between are not one", get("Range: bytes=0-3", origin: part(0, 3, strong), is: .asked),
            get("Range: bytes=6-9", origin: part(6, 9, strong), is: .asked),
            get("Range: bytes=2-7", origin: part(2, 7, strong), is: .asked, .body("234567"))),
        CacheRequirement(
            "9111 §3.4", .may, "the rest of a part is all that is asked for",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get(
                origin: part(5, 9, strong), is: .asked, .askedWith("Range: bytes=5-"), .askedWith("If-Range: \"a\""), .status(200),
                .body("0123456789")),
            get(is: .kept, .status(200), .body("0123456789"))),
        CacheRequirement(
            "9111 §3.4", .must, "a rest that turns out to be the whole is used as it is",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get(origin: ok("Cache-Control: max-age=60", "ETag: \"b\"", body: "another"), is: .asked, .status(200), .body("another")),
            get(is: .kept, .body("another"))),
        CacheRequirement(
            "9111 §3.4", .must, "a rest of another tag is not put behind it",
            get("Range: bytes=0-4", origin: part(0, 4, strong), is: .asked),
            get(
                origin: .init(
                    status: 206, lines: ["Content-Range: bytes 5-9/10", "ETag: \"b\""], body: "xxxxx",
                    next: [ok("Cache-Control: no-store", body: "all new")]), is: .status(200), .body("all new"))),
        CacheRequirement(
            "9111 §3.4", .must, "fields of the newer part count for the whole",
            get(
                "Range: bytes=0-4",
                origin: part(0, 4, strong, "X-Test: 1", "X-Old: 1"), is: .asked),
            get("Range: bytes=5-9", origin: part(5, 9, strong, "X-Test: 2"), is: .asked),
            get(is: .kept, .line("X-Test: 2"), .line("X-Old: 1"))),
    ]
}
