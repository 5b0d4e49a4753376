/// RFC 9111 §5: how the fields are read.
extension CacheRequirement {
    static let control: [CacheRequirement] = [
        keeps("9111 §5.2", .must, "the case of a directive is no matter", "Cache-Control: MaX-aGe=600"),
        forgets("9111 §5.2", .must, "of NO-STORE neither", "Cache-Control: No-StOrE, max-age=600"),
        keeps("9111 §5.2", .must, "a quoted argument is the same as a token", "Cache-Control: max-age=\"600\""),
        keeps("9111 §5.2.3", .must, "directives nobody knows are ignored", "Cache-Control: foobar, max-age=600, x=\"y\""),
        forgets("9111 §5.2", .must, "what is quoted in front is no directive", "Cache-Control: ext=\"max-age=600\", max-age=0"),
        forgets("9111 §5.2", .must, "what is quoted behind is no directive", "Cache-Control: max-age=0, ext=\"max-age=600\""),
        keeps("9111 §5.2", .must, "a no-store that is quoted is none", "Cache-Control: ext=\"no-store, private\", max-age=600"),
        keeps("9111 §5.2", .must, "a name with more behind it is another", "Cache-Control: no-store-ever, privately, max-age=600"),
        keeps("9110 §5.6.1", .must, "empty members are nothing", "Cache-Control: , ,max-age=600,,"),
        keeps("9110 §5.3", .must, "lines are one list", "Cache-Control: public", "Cache-Control: max-age=600"),
        forgets("9110 §5.3", .must, "no-store counts on any line", "Cache-Control: max-age=600", "Cache-Control: no-store"),
        keeps("9110 §5.6.1", .must, "tabs around members are no part of them", "Cache-Control: public\t,\tmax-age=600"),
        forgets("9111 §5.2.2.1", .may, "a space before the sign makes another name", "Cache-Control: max-age =600"),
        forgets("9111 §5.2.2.1", .may, "a space behind it makes no number", "Cache-Control: max-age= 600"),
        forgets("9111 §5.2.2.7", .must, "private counts, whatever its argument's form", "Cache-Control: private=\"\", max-age=600"),
        forgets("9111 §5.2.2.7", .must, "private without names goes before one with", "Cache-Control: private=\"a\", private, max-age=600"),
        keeps("9111 §5.2.2.9", .may, "public adds nothing to a lifetime", "Cache-Control: public, max-age=600"),
        forgets("9111 §5.2.2.9", .must, "public makes nothing fresh", "Cache-Control: public, max-age=0"),
        forgets("9111 §5.2.2.5", .must, "no-store goes before public", "Cache-Control: public, no-store, max-age=600"),
        keeps("9111 §5.2.2.2", .may, "what is fresh is used though must-revalidate", "Cache-Control: max-age=600, must-revalidate"),
        keeps("9111 §5.2.2.8", .may, "what is fresh is used though proxy-revalidate", "Cache-Control: max-age=600, proxy-revalidate"),
        keeps("9111 §5.2.2.6", .may, "no-transform is kept and passed on", "Cache-Control: max-age=600, no-transform"),
        keeps("9111 §5.4", .may, "Pragma of an answer says nothing", "Cache-Control: max-age=600", "Pragma: no-cache"),
        CacheRequirement(
            "9111 §5.4", .may, "Pragma of a request does not reach the origin's side",
            get(origin: ok("Cache-Control: max-age=60"), is: .asked),
            get("Pragma: no-cache", is: .kept)),
        CacheRequirement(
            "9111 §5.5", .may, "a Warning goes on as it came",
            get(origin: ok("Cache-Control: max-age=60", "Warning: 214 x \"y\""), is: .asked),
            get(is: .kept, .line("warning: 214 x \"y\""))),
        CacheRequirement(
            "9111 §5.2", .must, "Cache-Control goes on to the client as it came",
            get(origin: ok("Cache-Control: max-age=60, x=\"y, z\""), is: .line("cache-control: max-age=60, x=\"y, z\"")),
            get(is: .kept, .line("cache-control: max-age=60, x=\"y, z\""))),
    ]

    // MARK: Of requests

    private static let fresh = ok("Cache-Control: max-age=600", "Age: 100", "ETag: \"a\"")
    private static let stale = ok("Cache-Control: max-age=600", "Age: 700", "ETag: \"a\"")
    private static let second = ok("Cache-Control: max-age=600", body: "two")

    private static func obeys(_ section: String, _ words: String, _ stored: Origin.Answer, _ directive: String, isKept: Bool)
        -> CacheRequirement
    {
        CacheRequirement(
            section, .may, words, by: .obedient,
            steps: [
                Step(origin: stored, expectations: [.asked]),
                isKept
                    ? Step(fields: ["Cache-Control: \(directive)"], expectations: [.kept, .body("one")])
                    : Step(fields: ["Cache-Control: \(directive)"], origin: second, expectations: [.asked, .body("two")]),
            ])
    }

    private static func leaves(_ directive: String) -> CacheRequirement {
        CacheRequirement(
            "9111 §5.2.1", .may, "a visitor's \(directive) reaches no origin unless a route says so",
            get(origin: fresh, is: .asked), get("Cache-Control: \(directive)", is: .kept))
    }

    static let requests: [CacheRequirement] = [
        obeys("9111 §5.2.1.1", "max-age=0 asks", fresh, "max-age=0", isKept: false),
        obeys("9111 §5.2.1.1", "a max-age below the age asks", fresh, "max-age=50", isKept: false),
        obeys("9111 §5.2.1.1", "a max-age above it does not", fresh, "max-age=200", isKept: true),
        obeys("9111 §5.2.1.2", "max-stale takes what is stale", stale, "max-stale", isKept: true),
        obeys("9111 §5.2.1.2", "max-stale takes what is stale for so long", stale, "max-stale=200", isKept: true),
        obeys("9111 §5.2.1.2", "and no longer", stale, "max-stale=50", isKept: false),
        obeys("9111 §5.2.1.2", "a max-stale that is no number takes nothing", stale, "max-stale=x", isKept: false),
        obeys(
            "9111 §5.2.2.2", "must-revalidate goes before max-stale", ok("Cache-Control: max-age=600, must-revalidate", "Age: 700"),
            "max-stale",
            isKept: false),
        obeys(
            "9111 §5.2.2.10", "s-maxage goes before max-stale", ok("Cache-Control: s-maxage=600", "Age: 700"), "max-stale", isKept: false),
        obeys("9111 §5.2.2.4", "no-cache goes before max-stale", ok("Cache-Control: no-cache", "ETag: \"a\""), "max-stale", isKept: false),
        obeys("9111 §5.2.1.3", "min-fresh asks for what is fresh for so long", fresh, "min-fresh=550", isKept: false),
        obeys("9111 §5.2.1.3", "and takes it", fresh, "min-fresh=400", isKept: true),
        obeys("9111 §5.2.1.4", "no-cache asks", fresh, "no-cache", isKept: false),
        CacheRequirement(
            "9111 §5.2.1.4", .may, "no-cache asks about what is stored", by: .obedient, get(origin: fresh, is: .asked),
            get("Cache-Control: no-cache", origin: says(304), is: .asked, .askedWith("If-None-Match: \"a\""), .body("one"))),
        CacheRequirement(
            "9111 §5.2.1.5", .may, "no-store stores nothing", by: .obedient, get("Cache-Control: no-store", origin: fresh, is: .asked),
            get(origin: second, is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §5.2.1.7", .may, "only-if-cached gets what is stored", by: .obedient, get(origin: fresh, is: .asked),
            get("Cache-Control: only-if-cached", is: .kept)),
        CacheRequirement(
            "9111 §5.2.1.7", .may, "only-if-cached gets 504 where nothing is", by: .obedient,
            get("Cache-Control: only-if-cached", is: .kept, .status(504))),
        CacheRequirement(
            "9111 §5.2.1.7", .may, "only-if-cached gets 504 where it is stale", by: .obedient, get(origin: stale, is: .asked),
            get("Cache-Control: only-if-cached", is: .kept, .status(504))),
        CacheRequirement(
            "9111 §5.2.1.7", .may, "only-if-cached with max-stale gets what is stale", by: .obedient, get(origin: stale, is: .asked),
            get("Cache-Control: only-if-cached, max-stale", is: .kept, .body("one"))),
        leaves("no-cache"), leaves("max-age=0"), leaves("no-store"), leaves("min-fresh=9999"),
        CacheRequirement(
            "9111 §5.2.1", .may, "a visitor's max-stale makes no other answer", get(origin: stale, is: .asked),
            get("Cache-Control: max-stale", origin: second, is: .asked, .body("two"))),
        CacheRequirement(
            "9111 §5.2.1", .may, "a visitor's no-store does not keep others from what is stored",
            get("Cache-Control: no-store", origin: fresh, is: .asked), get(is: .kept)),
    ]
}
