extension Kind where Value == Configuration.ProxyCache? {
    static var proxyCache: Kind {
        let section = Kind<Configuration.ProxyCache>.section(Configuration.ProxyCache.schema)
        let some: Kind = section.map({ $0 }, back: { $0 })
        return .word("off", means: nil, or: .word("on", means: .some(Configuration.ProxyCache()), or: some))
    }
}

extension Configuration.ProxyCache {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "default_ttl", \.defaultTTL, .duration(.seconds(1) ... .days(365)),
                    "How long an answer is good whose origin says nothing of it."),
                Key("tags", \.tags, .list(.cacheTag, count: 0...16), "Names by which all that the route keeps can be purged."),
                Key(
                    "bypass", \.bypass, .list(.cacheBypass, count: 0...32),
                    "Requests that are for nobody else and pass by the cache: `cookie:session`, `header:X-Preview`."),
                Key(
                    "requests", \.requests, .words("obedience"),
                    "`obey`: a request's `Cache-Control` counts. `ignore`: a reload of a visitor does not reach the origin."),
            ])
    }
}

extension Kind where Value == String {
    fileprivate static var cacheTag: Kind {
        .parsed("tag") { text, _ throws(Complaint) in
            guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x2c && $0 != 0x22 })
            else { throw Complaint("1 to 128 visible characters without commas, quotes and spaces") }
            return text.lowercased()
        } write: {
            $0
        }
    }
}

extension Kind where Value == Configuration.ProxyCache.Bypass {
    fileprivate static var cacheBypass: Kind {
        .parsed("kind of request") { text, _ throws(Complaint) in
            for (prefix, make) in [("cookie:", Value.cookie), ("header:", Value.header)] where text.hasPrefix(prefix) {
                let name = String(text.dropFirst(prefix.count))
                guard FieldRules.isToken(name) else { throw Complaint("behind \(prefix) stands a name of letters, digits and -") }
                return make(name)
            }
            throw Complaint("write cookie:NAME or header:NAME")
        } write: { value in
            switch value {
            case .cookie(let name): "cookie:\(name)"
            case .header(let name): "header:\(name)"
            }
        }
    }
}

extension Kind where Value == Configuration.ProxyGuard {
    static var proxyGuard: Kind {
        let rules = Kind<[Configuration.ProxyGuard.Rule]>.list(.guardRule, count: 1...32)
        let list: Kind = rules.map(
            { rules in
                var checks = Configuration.ProxyGuard.Checks()
                checks.rules = rules
                return .on(checks)
            },
            back: { $0.checks.flatMap { $0.hasRulesAlone ? $0.rules : nil } })
        let section = Kind<Configuration.ProxyGuard.Checks>.section(Configuration.ProxyGuard.Checks.schema)
        return .word("off", means: .off, or: .word("auto", means: .auto, or: list.or(section.map(Value.on, back: \.checks))))
    }
}

extension Configuration.ProxyGuard {
    fileprivate var checks: Checks? {
        if case .on(let checks) = self { checks } else { nil }
    }
}

extension Configuration.ProxyGuard.Checks {
    fileprivate static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("rules", \.rules, .list(.guardRule, count: 0...32), "Names of other forms than the common ones."),
                Key(
                    "on_mismatch", \.onMismatch, .words("answer"),
                    "What a client gets where the content is not what the name says, and no server has that: `pass`: it, as `no-store`; "
                        + "`refuse`: 502."),
                Key(
                    "settle", \.settle, .duration(.seconds(1) ... .days(30)),
                    "How long a name that nothing proves must have had the same content before it is kept as its server says."),
            ])
    }

    /// Whether a list says it all.
    fileprivate var hasRulesAlone: Bool {
        var plain = Self()
        plain.rules = rules
        return plain == self
    }
}

/// What is read of one before it is known to be whole.
private struct GuardRuleDraft {
    var name: String?
    var query: String?
    var digest: Configuration.ProxyGuard.Hash?
}

extension Kind where Value == Configuration.ProxyGuard.Rule {
    fileprivate static var guardRule: Kind {
        .section(
            Section(
                GuardRuleDraft(),
                [
                    Key("name", \.name, .digestPattern, "A regular expression for the path, with a group `(?<digest>…)`."),
                    Key("query", \.query, .digestPattern, "The same for what stands behind the question mark."),
                    Key("digest", \.digest, .words("hash"), required: true, "Of the content: `md5`, `sha1` or `sha256`."),
                ],
                check: { _, fields, reading in
                    if fields.isGiven("name") == fields.isGiven("query") {
                        reading.fault(fields.position, "a rule has a name or a query, one of them")
                    }
                }),
            finish: { draft in draft.digest.map { Value(name: draft.name, query: draft.query, digest: $0) } },
            draft: { GuardRuleDraft(name: $0.name, query: $0.query, digest: $0.digest) })
    }
}

extension Kind where Value == String {
    fileprivate static var digestPattern: Kind {
        .parsed("regular expression") { text, _ throws(Complaint) in
            do { _ = try Regex(text) } catch { throw Complaint("it does not compile") }
            guard text.contains("(?<digest>") else { throw Complaint("it has no group (?<digest>…) around the digest") }
            return text
        } write: {
            $0
        }
    }
}
