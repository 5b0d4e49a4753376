import Model

/// A request as a visitor's browser or a cache sends it.
struct Ask {
    var target: String
    /// Names in lower case.
    var fields: [String: String] = [:]

    var isNavigation: Bool { fields["sec-fetch-mode"] == "navigate" }
}

/// An answer as it comes back.
struct Reply {
    var status: UInt16
    /// Names in lower case.
    var fields: [String: String]
    var body: [UInt8]
    /// Whether it came out of a cache without asking anybody.
    var isFromCache = false
    /// Whether the request would have waited for a name on its way.
    var mayArrive = false

    var directives: [String] {
        (fields["cache-control"] ?? "").split(separator: ",").map { $0.drop { $0 == " " }.lowercased() }
    }
    func has(_ directive: String) -> Bool { directives.contains(directive) }
    var maxAge: Duration {
        let stated = directives.first { $0.hasPrefix("max-age=") }.flatMap { Int($0.dropFirst(8)) }
        return .seconds(stated ?? 0)
    }
    var vary: [String] {
        (fields["vary"] ?? "").split(separator: ",").map { $0.drop { $0 == " " }.lowercased() }
    }
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A cache that keeps to HTTP (RFC 9111) and to nothing more: it stores all it may, and asks only when it must.
struct HTTPCache {
    struct Entry {
        var ask: Ask
        var reply: Reply
        var storedAt: Timestamp
    }

    /// A browser's cache may keep what is private.
    let isShared: Bool
    private(set) var entries: [String: [Entry]] = [:]
    private(set) var hits = 0

    init(isShared: Bool) { self.isShared = isShared }

    mutating func evict(where gone: (String) -> Bool = { _ in true }) { entries = entries.filter { !gone($0.key) } }

    /// What is stored for a target whatever its age: the back button shows it (RFC 9111 §6).
    func stored(_ target: String) -> Reply? { entries[target]?.last?.reply }

    /// Answers from what is stored, or by asking `next`.
    mutating func fetch(_ ask: Ask, now: Timestamp, next: (Ask) throws -> Reply) rethrows -> Reply {
        let matching = (entries[ask.target] ?? []).filter { Self.selects($0, ask) }
        if let fresh = matching.last(where: { !$0.reply.has("no-cache") && now - $0.storedAt < $0.reply.maxAge }) {
            hits += 1
            var reply = fresh.reply
            reply.isFromCache = true
            return reply
        }
        var asked = ask
        // A condition of the client's own goes on as it is; the answer belongs to the client then.
        let isConditional = ask.fields["if-none-match"] != nil
        let tags = (entries[ask.target] ?? []).compactMap { $0.reply.fields["etag"] }
        if !isConditional, !tags.isEmpty { asked.fields["if-none-match"] = Set(tags).sorted().joined(separator: ", ") }
        let reply = try next(asked)
        if reply.status == 304 {
            guard !isConditional else { return reply }
            return freshened(ask, by: reply, now: now)
        }
        store(ask, reply, now: now)
        return reply
    }

    /// RFC 9111 §4.3.4: the stored answer whose tag the 304 names is updated with its fields.
    private mutating func freshened(_ ask: Ask, by reply: Reply, now: Timestamp) -> Reply {
        guard let old = entries[ask.target]?.last(where: { $0.reply.fields["etag"] == reply.fields["etag"] }) else { return reply }
        var whole = old.reply
        whole.fields.merge(reply.fields) { $1 }
        if reply.fields["set-cookie"] == nil { whole.fields["set-cookie"] = nil }
        store(ask, whole, now: now)
        return whole
    }

    private mutating func store(_ ask: Ask, _ reply: Reply, now: Timestamp) {
        if reply.has("no-store") || (isShared && reply.has("private"))
            || !(reply.status == 200 || reply.status == 404 || reply.status == 410)
        {
            return
        }
        if reply.fields["cache-control"] == nil { return }
        entries[ask.target, default: []].removeAll { Self.selects($0, ask) }
        entries[ask.target, default: []].append(Entry(ask: ask, reply: reply, storedAt: now))
    }

    /// RFC 9111 §4.1.
    private static func selects(_ entry: Entry, _ ask: Ask) -> Bool {
        entry.reply.vary.allSatisfy { entry.ask.fields[$0] == ask.fields[$0] }
    }
}
