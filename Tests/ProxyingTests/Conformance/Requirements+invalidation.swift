/// RFC 9111 §4.4 and RFC 9875: what a change makes invalid.
extension CacheRequirement {
    private static let fresh = ok("Cache-Control: max-age=600", "Last-Modified: \(date(0))")
    private static let again = ok("Cache-Control: max-age=600", body: "two")
    private static let unsafe = ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"]

    private static func clears(_ level: Level, _ words: String, _ method: String, _ done: Origin.Answer, _ path: String = "")
        -> CacheRequirement
    {
        CacheRequirement(
            "9111 §4.4", level, words, get(path: path, origin: fresh, is: .asked), get(path: path, is: .kept),
            ask(method, body: "abc", origin: done, is: .asked), get(path: path, origin: again, is: .asked, .body("two")))
    }

    private static func spares(
        _ level: Level, _ words: String, _ method: String, _ done: Origin.Answer, _ path: String = ""
    ) -> CacheRequirement {
        CacheRequirement(
            "9111 §4.4", level, words, get(path: path, origin: fresh, is: .asked), ask(method, body: "abc", origin: done),
            get(path: path, is: .kept, .body("one")))
    }

    static let invalidation: [CacheRequirement] = [ofItself, failed, located, contentLocated, addresses, groups]
        .flatMap(\.self)

    private static let ofItself: [CacheRequirement] =
        unsafe.map { clears(.must, "\($0) that succeeds clears its own address", $0, ok("Cache-Control: no-store")) }

    private static let failed: [CacheRequirement] = unsafe.map { spares(.may, "\($0) that fails clears nothing", $0, says(500)) }

    private static let located: [CacheRequirement] = unsafe.map {
        clears(.may, "\($0) clears Location", $0, says(201, "Location: {place}/new"), "/new")
    }

    private static let contentLocated: [CacheRequirement] = unsafe.map {
        clears(.may, "\($0) clears Content-Location", $0, ok("Content-Location: {place}/new"), "/new")
    }

    private static let addresses: [CacheRequirement] = [
        clears(.must, "204 is a success", "DELETE", says(204)),
        clears(.must, "a redirect is one, too", "POST", says(303, "Location: {place}/done")),
        spares(.must, "404 is none", "DELETE", says(404)), spares(.must, "412 is none", "PUT", says(412)),
        clears(.may, "a whole address of this host is cleared", "POST", says(201, "Location: http://h{place}/new"), "/new"),
        clears(.may, "whatever its case", "POST", says(201, "Location: HTTP://H{place}/new"), "/new"),
        clears(.may, "an address without a scheme is cleared", "POST", says(201, "Location: //h{place}/new"), "/new"),
        clears(.may, "a relative address is cleared", "POST", says(201, "Location: ..{place}/new"), "/new"),
        clears(.may, "a fragment is no part of it", "POST", says(201, "Location: {place}/new#there"), "/new"),
        clears(.may, "a query is", "POST", says(201, "Content-Location: {place}/new?a=b"), "/new?a=b"),
        spares(.must, "another host's address is not", "POST", says(201, "Location: http://other.test{place}/new"), "/new"),
        spares(.must, "nor that of another port", "POST", says(201, "Location: http://h:81{place}/new"), "/new"),
        spares(.must, "nor that of another scheme", "POST", says(201, "Location: https://h{place}/new"), "/new"),
        spares(
            .must, "nor one with a name in front of the host", "POST", says(201, "Location: http://h@other.test{place}/new"), "/new"),
        spares(.must, "a failure clears no Location", "POST", says(400, "Location: {place}/new"), "/new"),
        spares(.may, "GET clears no Location", "GET", ok("Cache-Control: no-store", "Content-Location: {place}/new"), "/new"),
        spares(.may, "OPTIONS clears nothing", "OPTIONS", ok()),
        CacheRequirement(
            "9111 §4.4", .must, "all variants are cleared",
            get("Foo: 1", origin: ok("Cache-Control: max-age=60", "Vary: Foo"), is: .asked),
            get("Foo: 2", origin: ok("Cache-Control: max-age=60", "Vary: Foo"), is: .asked), ask("POST", body: "x", origin: ok()),
            get("Foo: 1", origin: ok("Cache-Control: max-age=60", "Vary: Foo"), is: .asked),
            get("Foo: 2", origin: ok("Cache-Control: max-age=60", "Vary: Foo"), is: .asked)),
    ]

    // MARK: RFC 9875

    private static func grouped(_ done: [String], _ groups: String, method: String = "POST", host: String = "h") -> [Step] {
        [
            Step(path: "/a", host: host, origin: ok("Cache-Control: max-age=60", "Cache-Groups: \(groups)"), expectations: [.asked]),
            Step(path: "/b", origin: ok("Cache-Control: max-age=60", body: "other"), expectations: [.asked]),
            Step(
                method: method, path: "/do", fields: method == "GET" ? [] : ["Content-Length: 1"], body: method == "GET" ? "" : "x",
                origin: .init(lines: done + ["Cache-Control: no-store"], body: "done"), expectations: [.asked]),
        ]
    }

    private static let other = Step(path: "/b", expectations: [.kept, .body("other")])
    private static let isCleared = Step(path: "/a", origin: again, expectations: [.asked, .body("two")])
    private static let isSpared = Step(path: "/a", expectations: [.kept, .body("one")])
    /// A group's name is the requirement's own, so that no other requirement clears it.
    private static let clearing = ["Cache-Group-Invalidation: \"{place}\", \"x, y\""]

    private static let groups: [CacheRequirement] = [
        CacheRequirement(
            "9875 §3", .may, "a change clears the groups it names", steps: grouped(clearing, "\"{place}\"") + [isCleared, other]),
        CacheRequirement(
            "9875 §2", .must, "any of several groups counts", steps: grouped(clearing, "\"z\", \"{place}\"") + [isCleared, other]),
        CacheRequirement(
            "9875 §2.1", .must, "the case of a group's name tells two apart",
            steps: grouped(["Cache-Group-Invalidation: \"A{place}\""], "\"a{place}\"") + [isSpared]),
        CacheRequirement("9875 §2.1", .must, "names are compared whole", steps: grouped(clearing, "\"{place}x\"") + [isSpared]),
        CacheRequirement(
            "9875 §2.1", .must, "a comma in a name parts nothing",
            steps: grouped(["Cache-Group-Invalidation: \"{place}, b\""], "\"{place}\"") + [isSpared]),
        CacheRequirement(
            "9875 §2", .must, "a list that is malformed names nothing", steps: grouped(clearing, "\"{place}\", oops") + [isSpared]),
        CacheRequirement(
            "9875 §3", .must, "a safe method clears nothing", steps: grouped(clearing, "\"{place}\"", method: "GET") + [isSpared]),
        CacheRequirement(
            "9875 §2.1", .must, "groups of another host are others",
            steps: grouped(clearing, "\"{place}\"", host: "other.test") + [Step(path: "/a", host: "other.test", expectations: [.kept])]),
        CacheRequirement(
            "9875 §2", .must, "32 groups of 32 characters are known",
            steps: grouped(clearing, (0..<32).map { "\"group-\($0)-of-some-more-characters\"" }.joined(separator: ", ") + ", \"{place}\"")
                + [isCleared]),
    ]
}
