/// RFC 9213 (targeted fields), RFC 9211 (`Cache-Status`) and what else of RFC 9110 is a cache's business.
extension CacheRequirement {
    static let targeted: [CacheRequirement] = [
        keeps("9213 §2", .should, "CDN-Cache-Control alone makes fresh", "CDN-Cache-Control: max-age=600"),
        keeps("9213 §2", .should, "it goes before Cache-Control, longer", "CDN-Cache-Control: max-age=600", "Cache-Control: max-age=0"),
        forgets("9213 §2", .must, "shorter", "CDN-Cache-Control: max-age=0", "Cache-Control: max-age=600"),
        keeps("9213 §2", .should, "and before no-store", "CDN-Cache-Control: max-age=600", "Cache-Control: no-store"),
        keeps("9213 §2", .should, "and before private", "CDN-Cache-Control: max-age=600", "Cache-Control: private"),
        forgets(
            "9213 §2", .must, "its no-store counts", "CDN-Cache-Control: no-store", "Cache-Control: max-age=600", "Expires: \(date(600))"),
        forgets("9213 §2", .must, "its private counts", "CDN-Cache-Control: private", "Cache-Control: max-age=600"),
        forgets(
            "9213 §2", .must, "its no-cache counts", "CDN-Cache-Control: no-cache", "Cache-Control: max-age=600", "Expires: \(date(600))"),
        keeps("9213 §2", .should, "it goes before a past Expires", "CDN-Cache-Control: max-age=600", "Expires: \(date(-600))"),
        keeps("9213 §2", .should, "and before one that is no date", "CDN-Cache-Control: max-age=600", "Expires: 0"),
        forgets("9213 §2", .must, "a future Expires does not help", "CDN-Cache-Control: max-age=0", "Expires: \(date(600))"),
        forgets("9213 §2", .must, "Age counts for it", "CDN-Cache-Control: max-age=600", "Age: 601"),
        keeps("9213 §2.1", .must, "members nobody knows are ignored", "CDN-Cache-Control: foobar, max-age=600"),
        keeps("9213 §2.1", .must, "parameters are ignored", "CDN-Cache-Control: max-age=600;x=y"),
        keeps("9213 §2.1", .must, "a number of eleven digits is a long time", "CDN-Cache-Control: max-age=99999999999"),
        forgets(
            "9213 §2.1", .must, "a field that is malformed is ignored", "CDN-Cache-Control: max-age=600, &&&&", "Cache-Control: no-store"),
        keeps("9213 §2.1", .must, "and leaves Cache-Control to count", "CDN-Cache-Control: max-age=0, &&&&", "Cache-Control: max-age=600"),
        keeps("9213 §2.1", .must, "an empty field is ignored", "CDN-Cache-Control: ", "Cache-Control: max-age=600"),
        forgets("9213 §2.1", .must, "a number in quotes is none", "CDN-Cache-Control: max-age=\"600\"", "Cache-Control: no-store"),
        keeps("9213 §2.1", .must, "a space before the sign is malformed", "CDN-Cache-Control: max-age =0", "Cache-Control: max-age=600"),
        keeps("9213 §2.1", .must, "capitals in a name are malformed", "CDN-Cache-Control: Max-Age=0", "Cache-Control: max-age=600"),
        keeps("9213 §2.2", .should, "the nearer target goes first", "CDN-Cache-Control: max-age=0", "Tandem-Cache-Control: max-age=600"),
        keeps(
            "9213 §2", .must, "fields for others say nothing here", "Surrogate-Control: max-age=0",
            "Cloudflare-CDN-Cache-Control: no-store",
            "Cache-Control: max-age=600"),
        CacheRequirement(
            "9213 §2", .may, "Cache-Control goes on to browsers as it came",
            get(origin: ok("CDN-Cache-Control: max-age=600", "Cache-Control: no-cache"), is: .asked),
            get(is: .kept, .line("cache-control: no-cache"), .line("cdn-cache-control: max-age=600"))),
    ]

    static let neighbours: [CacheRequirement] = status + interim

    private static let fresh = ok("Cache-Control: max-age=600", "ETag: \"a\"")
    private static let stale = ok("Cache-Control: max-age=600", "Age: 700", "ETag: \"a\"")

    private static let status: [CacheRequirement] = [
        CacheRequirement(
            "9211 §2.2", .must, "a miss says why it went on", get(origin: fresh, is: .said("tandem; fwd=uri-miss"), .unsaid("hit"))),
        CacheRequirement("9211 §2.6", .must, "and that it was stored", get(origin: fresh, is: .said("; stored"))),
        CacheRequirement(
            "9211 §2.6", .must, "or was not", get(origin: ok("Cache-Control: no-store"), is: .said("fwd=uri-miss"), .unsaid("stored"))),
        CacheRequirement(
            "9211 §2.1", .must, "a hit says so, and not why it went on", get(origin: fresh), get(is: .said("tandem; hit"), .unsaid("fwd"))),
        CacheRequirement(
            "9211 §2.4", .must, "a hit says how long it is fresh", get(origin: ok("Cache-Control: max-age=6000", "Age: 550")),
            get(is: .said("; ttl=54"))),
        CacheRequirement(
            "9211 §2.2", .must, "what was stale went on for that", get(origin: stale),
            get(origin: says(304, "Cache-Control: max-age=600", "Age: 0"), is: .said("fwd=stale; fwd-status=304"))),
        CacheRequirement(
            "9211 §2.3", .must, "a 304 that the cache made is not the origin's", get(origin: stale),
            get("If-None-Match: \"b\"", origin: ok("Cache-Control: max-age=60", "ETag: \"b\""), is: .status(200), .unsaid("fwd-status")),
            get("If-None-Match: \"b\"", is: .status(304), .said("hit"), .unsaid("fwd-status"))),
        CacheRequirement(
            "9211 §2.2", .must, "another variant is a vary-miss", get("Foo: 1", origin: ok("Cache-Control: max-age=60", "Vary: Foo")),
            get("Foo: 2", origin: ok("Cache-Control: max-age=60", "Vary: Foo"), is: .said("fwd=vary-miss"))),
        CacheRequirement(
            "9211 §2.2", .must, "a method that is not stored says so", ask("POST", body: "x", origin: ok(), is: .said("fwd=method"))),
        CacheRequirement(
            "9211 §2.2", .must, "a request's own wish says so", by: .obedient, get(origin: fresh),
            get("Cache-Control: no-cache", origin: says(304), is: .said("fwd=request"))),
        CacheRequirement(
            "9211 §2.2", .must, "a part that is missing says so",
            get(
                "Range: bytes=0-1",
                origin: .init(status: 206, lines: ["Cache-Control: max-age=60", "Content-Range: bytes 0-1/10"], body: "01"),
                is: .status(206)),
            get(
                "Range: bytes=4-5",
                origin: .init(
                    status: 206,
                    lines: ["Cache-Control: max-age=60", "Content-Range: bytes 4-5/10"], body: "45"), is: .said("fwd=partial"))),
        CacheRequirement(
            "9211 §2", .should, "what caches before it said stays in front",
            get(
                origin: ok("Cache-Control: max-age=60", "Cache-Status: origin; hit"),
                is: .line("cache-status: origin; hit"), .count("cache-status", 2)),
            get(is: .kept, .line("cache-status: origin; hit"), .count("cache-status", 2), .said("tandem; hit"))),
    ]

    private static func informs(_ status: Int, _ lines: String...) -> Origin.Answer {
        .init(lines: ["Cache-Control: max-age=60"], body: "one", interim: [(["HTTP/1.1 \(status) X"] + lines).joined(separator: "\r\n")])
    }

    private static let interim: [CacheRequirement] = [
        CacheRequirement(
            "9110 §15.2", .must, "103 goes on to the client, and what follows is stored",
            get(
                origin: informs(103, "Link: </a.css>; rel=preload; as=style", "X-Mine: 1"), is: .asked, .line("interim: 103"),
                .line("Link: </a.css>; rel=preload; as=style"), .status(200), .body("one")), get(is: .kept, .lacks("Link"), .body("one"))),
        CacheRequirement(
            "9110 §15.2", .must, "102 goes on to the client, and what follows is stored",
            get(origin: informs(102), is: .asked, .line("interim: 102"), .body("one")), get(is: .kept)),
        CacheRequirement(
            "9110 §15.2.1", .must, "100 that nobody waits for is not passed on",
            get(origin: informs(100), is: .asked, .lacks("interim"), .body("one")), get(is: .kept)),
        CacheRequirement(
            "9110 §7.6.1", .must, "fields of a connection in an interim head stay here",
            get(
                origin: informs(103, "Connection: X-Hop", "X-Hop: 1", "Link: </a>"), is: .line("interim: 103"), .lacks("X-Hop"),
                .line("Link: </a>"))),
    ]
}
