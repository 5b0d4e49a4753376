import Model

/// A word that what was stored until now is not to be used any more.
package struct Purge: Hashable, Sendable {
    package enum Scope: Hashable, Sendable {
        /// One URL with all its variants: the text of its key.
        case url(String)
        case tag(String)
        /// What `CacheTags.group` gives.
        case group(String)
        case site(SiteName)
        /// What came from servers of a release: the digits of its id.
        case release(String)
        case everything
    }

    package let scope: Scope
    /// Kept, and validated before it is used again; else it is gone.
    package let isSoft: Bool
    package let at: Timestamp

    package init(_ scope: Scope, isSoft: Bool = false, at: Timestamp) {
        if case .tag(let tag) = scope { self.scope = .tag(tag.lowercased()) } else { self.scope = scope }
        self.isSoft = isSoft
        self.at = at
    }

    func notBefore(_ moment: Timestamp) -> Purge { at >= moment ? self : Purge(scope, isSoft: isSoft, at: moment) }

    // MARK: As a line

    /// `1790000000000 soft tag news`.
    var line: String {
        let (kind, text) =
            switch scope {
            case .url(let text): ("url", text)
            case .tag(let tag): ("tag", tag)
            case .group(let group): ("group", group)
            case .site(let site): ("site", site.text)
            case .release(let digits): ("release", digits)
            case .everything: ("all", "")
            }
        return "\(at.milliseconds) \(isSoft ? "soft" : "hard") \(kind) \(text.filter { $0 != "\n" && $0 != "\r" })\n"
    }

    /// Nil for what `line` did not make.
    init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let milliseconds = Int64(parts[0]), parts[1] == "soft" || parts[1] == "hard" else { return nil }
        let text = String(parts[3])
        switch parts[2] {
        case "url": scope = .url(text)
        case "tag": scope = .tag(text)
        case "group": scope = .group(text)
        case "site":
            guard let site = SiteName(text) else { return nil }
            scope = .site(site)
        case "release": scope = .release(text)
        case "all": scope = .everything
        default: return nil
        }
        isSoft = parts[1] == "soft"
        at = Timestamp(milliseconds: milliseconds)
    }
}

extension CacheTags {
    /// What every response of a site is tagged with; no origin can say it, since its tags have no spaces.
    package static func site(_ name: SiteName) -> String { "site " + name.text }

    /// A group of RFC 9875, which belongs to an origin.
    package static func group(_ name: String, of origin: String) -> String { "group \(origin) \(name)" }

    /// The groups that a response says it is in.
    package static func groups(_ fields: FieldLines, of origin: String) -> [String] {
        (CacheGroups.names(fields["cache-groups"]) ?? []).map { group($0, of: origin) }
    }

    static func scope(_ tag: String) -> Purge.Scope {
        if tag.hasPrefix("group ") { return .group(tag) }
        return tag.hasPrefix("site ") ? SiteName(String(tag.dropFirst(5))).map { .site($0) } ?? .tag(tag) : .tag(tag)
    }
}

/// Of all purges the latest for each scope.
struct PurgeTable: Sendable {
    private struct Latest {
        var hard: Timestamp?
        var soft: Timestamp?
    }

    private var latest: [Purge.Scope: Latest] = [:]
    /// Grows with each: what was looked at in one version need not be looked at again.
    private(set) var version = 0
    /// The time of the last of them.
    private(set) var latestAt = Timestamp(milliseconds: .min)

    mutating func insert(_ purge: Purge) {
        version += 1
        latestAt = max(latestAt, purge.at)
        let known = latest[purge.scope] ?? Latest()
        latest[purge.scope] =
            purge.isSoft
            ? Latest(hard: known.hard, soft: max(known.soft ?? purge.at, purge.at))
            : Latest(hard: max(known.hard ?? purge.at, purge.at), soft: known.soft)
    }

    enum Meaning: Hashable {
        case nothing, stale, gone
    }

    /// What the purges mean for a response. One that was stored in the same millisecond is meant, too.
    func meaning(for stored: StoredResponse) -> Meaning { meaning(url: stored.url, tags: stored.tags, storedAt: stored.storedAt) }

    /// - Parameter url: the text of its key.
    func meaning(url: String, tags: [String], storedAt: Timestamp) -> Meaning {
        guard !latest.isEmpty else { return .nothing }
        let url = url.hasSuffix(CacheKey.partsMark) ? String(url.dropLast(CacheKey.partsMark.count)) : url
        let parts = url.split(separator: " ", maxSplits: 2)
        let release = parts.dropFirst().first.map { [Purge.Scope.release(String($0))] } ?? []
        let scopes = [.everything, .url(url), .url(String(parts.first ?? ""))] + release + tags.map(CacheTags.scope)
        var meaning = Meaning.nothing
        for found in scopes.compactMap({ latest[$0] }) {
            if let hard = found.hard, storedAt <= hard { return .gone }
            if let soft = found.soft, storedAt <= soft { meaning = .stale }
        }
        return meaning
    }
}
