/// RFC 9111 §3: what may be stored, and what of it.
extension CacheRequirement {
    static let storing: [CacheRequirement] = methods + posted + statuses + fieldsKept + authorized

    private static let methods: [CacheRequirement] = [
        keeps("9111 §3", .may, "a final answer to GET with a lifetime is stored", "Cache-Control: max-age=60"),
        CacheRequirement(
            "9111 §3", .must, "an answer to a method that is not understood is not stored",
            ask("M-SEARCH", origin: ok("Cache-Control: max-age=60"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.7", .must, "an answer to OPTIONS is not stored",
            ask("OPTIONS", origin: ok("Cache-Control: max-age=60"), is: .asked),
            ask("OPTIONS", origin: ok("Cache-Control: max-age=60", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.4", .must, "an answer to PUT is not stored",
            ask("PUT", body: "x", origin: ok("Cache-Control: max-age=60"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.5", .must, "an answer to DELETE is not stored",
            ask("DELETE", origin: ok("Cache-Control: max-age=60"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.3", .must, "an answer to POST without lifetime and Content-Location is not stored",
            ask("POST", body: "x", origin: ok("Cache-Control: max-age=60"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9110 §9.3.2", .must, "an answer to HEAD is none to GET",
            ask("HEAD", origin: ok("Cache-Control: max-age=60"), is: .asked),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        forgets("9111 §3", .must, "what nothing is said about is not stored", "Content-Type: text/plain"),
        forgets("9111 §3", .must, "what no-store is said of is not stored", "Cache-Control: no-store"),
        forgets("9111 §3", .must, "no-store goes before a lifetime", "Cache-Control: max-age=600, no-store", "Expires: \(date(600))"),
        forgets("9111 §3", .must, "what is private is not stored by a shared cache", "Cache-Control: private, max-age=60"),
        keeps("9111 §3", .may, "what is public is stored", "Cache-Control: public, max-age=60"),
        keeps("9111 §3", .may, "what has Expires is stored", "Expires: \(date(600))", "Date: \(date(0))"),
        keeps("9111 §3", .may, "what has s-maxage is stored", "Cache-Control: s-maxage=60"),
        CacheRequirement(
            "9111 §3", .must, "an answer that is cut is not used as a whole one",
            get(origin: .init(lines: ["Cache-Control: max-age=60"], body: "one two three", missing: 4), is: .cut),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §3.3", .must, "a chunked answer that is cut is not used as a whole one",
            get(
                origin: .init(raw: "HTTP/1.1 200 X\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"),
                is: .cut),
            get(origin: ok("Cache-Control: no-store", body: "two"), is: .asked, .body("two"))),
    ]

    private static let statuses: [CacheRequirement] = [everyStatus, neverStored, blaming, understood].flatMap(\.self)

    private static let everyStatus: [CacheRequirement] =
        [200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 499, 500, 501, 502, 503, 504, 599].flatMap { status in
            [
                keeps("9111 §3", .may, "\(status) with a lifetime is stored", status: status, "Cache-Control: max-age=60"),
                forgets("9111 §4.2", .must, "\(status) that is stale is not used", status: status, "Cache-Control: max-age=60", "Age: 61"),
            ]
        }

    private static let neverStored: [CacheRequirement] = [428, 429, 431, 511].map {
        forgets("6585 §3", .must, "\($0) is never stored", status: $0, "Cache-Control: public, max-age=60")
    }

    private static let blaming: [CacheRequirement] = [400, 406, 413, 415, 417, 421, 426].map {
        forgets("9111 §7.1", .may, "\($0), which blames what no key names, is not stored", status: $0, "Cache-Control: max-age=60")
    }

    private static let understood: [CacheRequirement] = [
        keeps(
            "9111 §3", .may, "400 is stored where the origin says that it is for all", status: 400, "Cache-Control: public, max-age=60"),
        forgets(
            "9111 §3", .must, "206 to a request for all is no whole", status: 206, "Cache-Control: max-age=60",
            "Content-Range: bytes 0-2/3"),
        forgets(
            "9111 §3.3", .may, "200 with a Content-Range that names a part is taken for none", "Cache-Control: max-age=60",
            "Content-Range: bytes 0-2/30"),
        CacheRequirement(
            "9110 §14.4", .must, "a Content-Range beside another status means nothing",
            get(origin: ok("Cache-Control: max-age=60", "Content-Range: odd"), is: .asked, .line("content-range: odd")),
            get(is: .kept, .body("one"), .line("content-range: odd")),
            get("Range: bytes=1-1", is: .kept, .status(206), .body("n"), .line("Content-Range: bytes 1-1/3"), .count("Content-Range", 1))),
        keeps(
            "9111 §5.2.2.3", .should, "must-understand goes before no-store where the status is understood",
            "Cache-Control: max-age=60, must-understand, no-store"),
        forgets(
            "9111 §5.2.2.3", .must, "must-understand with a status that is not understood is not stored", status: 299,
            "Cache-Control: max-age=60, must-understand"),
    ]

    private static let fieldsKept: [CacheRequirement] = [ofConnections, ofMessages].flatMap(\.self)

    private static let ofConnections: [CacheRequirement] =
        [
            "Connection: x-hop", "Keep-Alive: timeout=5", "Proxy-Connection: x", "Proxy-Authenticate: Basic",
            "Proxy-Authentication-Info: x",
            "Proxy-Authorization: x", "TE: gzip", "Upgrade: h2c",
        ].map { line in
            let name = String(line.prefix { $0 != ":" })
            return CacheRequirement(
                "9111 §3.1", .must, "\(name) is not stored", get(origin: ok("Cache-Control: max-age=60", line), is: .asked),
                get(is: .kept, .lacks(name)))
        }

    private static let ofMessages: [CacheRequirement] = [
        CacheRequirement(
            "9111 §3.1", .must, "fields that Connection names are not stored",
            get(
                origin: ok("Cache-Control: max-age=60", "Connection: a, B", "A: 1", "b: 2", "C: 3"), is: .asked, .lacks("a"),
                .lacks("b")),
            get(is: .kept, .lacks("a"), .lacks("b"), .line("c: 3"))),
        CacheRequirement(
            "9111 §3.1", .must, "fields nobody knows are stored",
            get(origin: ok("Cache-Control: max-age=60", "X-Odd: one", "X-Odd: two", "Content-Foo: 3"), is: .asked),
            get(is: .kept, .line("x-odd: one"), .line("x-odd: two"), .line("content-foo: 3"))),
        CacheRequirement(
            "9111 §3.1", .must, "fields of content and of browsers are stored",
            get(
                origin: ok(
                    "Cache-Control: max-age=60", "Content-Type: text/plain", "Content-Security-Policy: a", "X-Frame-Options: deny",
                    "Clear-Site-Data: \"cookies\"", "WWW-Authenticate: Basic", "Content-Language: de"), is: .asked),
            get(
                is: .kept, .line("content-type: text/plain"), .line("content-security-policy: a"), .line("x-frame-options: deny"),
                .line("clear-site-data: \"cookies\""), .line("www-authenticate: Basic"), .line("content-language: de"))),
        CacheRequirement(
            "9111 §5.2.2.7", .must, "fields that private names reach who asked, and nobody else",
            get(origin: ok("Cache-Control: max-age=60, private=\"x-user\"", "X-User: 7", "X-All: 8"), is: .asked, .line("x-user: 7")),
            get(is: .kept, .lacks("x-user"), .line("x-all: 8"))),
        CacheRequirement(
            "9111 §5.2.2.4", .must, "fields that no-cache names are not used again unasked",
            get(origin: ok("Cache-Control: max-age=60, no-cache=\"a, b\"", "A: 1", "B: 2", "C: 3"), is: .asked, .line("a: 1")),
            get(is: .kept, .lacks("a"), .lacks("b"), .line("c: 3"))),
        forgets(
            "9111 §7.3", .may, "an answer that sets a cookie is taken to be for one visitor", "Cache-Control: max-age=60",
            "Set-Cookie: a=b"),
        keeps(
            "9111 §7.3", .may, "a cookie does not keep what is public from being stored", "Cache-Control: public, max-age=60",
            "Set-Cookie: a=b"),
        keeps(
            "9111 §3", .may, "a visitor's cookie keeps nothing from being used", "Cache-Control: max-age=60", asking: ["Cookie: a=b"]),
    ]

    private static let authorized: [CacheRequirement] = [
        forgets(
            "9111 §3.5", .must, "an answer to Authorization is not used for others", "Cache-Control: max-age=60",
            asking: ["Authorization: Basic eDp5"]),
        forgets("9111 §3.5", .must, "nor one with Expires alone", "Expires: \(date(600))", asking: ["Authorization: Basic eDp5"]),
        keeps("9111 §3.5", .may, "unless it is public", "Cache-Control: public, max-age=60", asking: ["Authorization: Basic eDp5"]),
        keeps("9111 §3.5", .may, "or must-revalidate", "Cache-Control: must-revalidate, max-age=60", asking: ["Authorization: Basic eDp5"]),
        keeps("9111 §3.5", .may, "or s-maxage", "Cache-Control: s-maxage=60", asking: ["Authorization: Basic eDp5"]),
        CacheRequirement(
            "9111 §3.5", .must, "Authorization reaches the origin",
            get("Authorization: Basic eDp5", origin: ok("Cache-Control: max-age=60"), is: .askedWith("Authorization: Basic eDp5"))),
    ]
}
