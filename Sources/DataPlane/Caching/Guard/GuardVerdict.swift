import Model
import Names

/// What the guard makes of a response under a name that claims something of its content.
package enum GuardVerdict: Hashable, Sendable {
    /// The content is the one that the name means.
    case proven
    /// It must be, and is not: other bytes under this name would stay in every cache for as long as the name is good.
    case mismatch
    /// No answer to keep under such a name: an error, a part, or a page where a script was asked for.
    case unfit
    /// Nothing can be proven: kept for a minute, the newest wins, until it has not changed for a while.
    case provisional(since: Timestamp)
    /// A provisional one that has settled: passed as the origin sent it.
    case settled(since: Timestamp)

    /// How long a provisional name's content is kept.
    package static let provisionalLifetime = Duration.seconds(60)

    /// What was stored under the name before.
    package struct Earlier: Hashable, Sendable {
        /// Of the bytes as they are sent.
        package let digest: ContentDigest
        /// Since when it has been the same; nil: it was no provisional one.
        package let since: Timestamp?

        package init(digest: ContentDigest, since: Timestamp?) {
            self.digest = digest
            self.since = since
        }
    }

    /// - Parameters:
    ///   - content: what was found out of it.
    ///   - isFamilyProven: whether a name of the same family was true before.
    ///   - settle: how long nothing must have changed.
    package init(
        _ claim: NameClaim, status: Int, isPage: Bool, content: GuardedContent, isFamilyProven: Bool, earlier: Earlier?, settle: Duration,
        now: Timestamp
    ) {
        if status != 200 || (isPage && claim.isAsset) {
            self = .unfit
        } else if let digests = content.digests, claim.matches(digests) {
            self = .proven
        } else if content.digests != nil, claim.mustMatch(isFamilyProven: isFamilyProven) {
            self = .mismatch
        } else {
            let since = earlier.flatMap { $0.digest == content.sent ? $0.since : nil } ?? now
            self = GuardVerdict(unchangedSince: since, settle: settle, now: now)
        }
    }

    /// What a provisional name is now that its content is known to be the same still.
    package init(unchangedSince since: Timestamp, settle: Duration, now: Timestamp) {
        self = since <= now && now - since >= settle ? .settled(since: since) : .provisional(since: since)
    }

    /// Since when a name that cannot be proven has had this content.
    package var since: Timestamp? {
        switch self {
        case .provisional(let since), .settled(let since): since
        case .proven, .mismatch, .unfit: nil
        }
    }

    /// Whether a cache may keep it.
    package var mayBeStored: Bool {
        switch self {
        case .proven, .provisional, .settled: true
        case .mismatch, .unfit: false
        }
    }

    /// Whether a server that says all is well has said what cannot be: other bytes, or a page in place of a script.
    package func isLie(status: Int) -> Bool { self == .mismatch || (self == .unfit && status == 200) }

    /// For `Cache-Status` where a client gets `502` instead.
    package static let refused = "guard-refused"

    /// For `Cache-Status`; nil where nothing is to be said.
    package var detail: String? {
        switch self {
        case .mismatch: "guard-mismatch"
        case .unfit: "guard-unfit"
        case .provisional: "guard-provisional"
        case .proven, .settled: nil
        }
    }

    /// The fields with which the response goes on, to us and to the client.
    package func fields(_ fields: FieldLines) -> FieldLines {
        switch self {
        case .proven, .settled: return fields
        case .mismatch, .unfit: return Self.with(fields, control: "no-store")
        case .provisional:
            let said = Directives(fields.members("cache-control"))
            // What the origin wants kept for less, or not at all, stays so.
            if said.noStore || said.isPrivate == .all || said.noCache == .all { return fields }
            let seconds = min(said.maxAge ?? Self.provisionalLifetime, Self.provisionalLifetime).components.seconds
            return Self.with(fields, control: "\(said.isPublic ? "public, " : "")max-age=\(seconds)")
        }
    }

    /// Nothing else may say how long it is good.
    private static let lifetimes: Set<String> = ["cache-control", "expires", "pragma", "surrogate-control", "cdn-cache-control"]

    private static func with(_ fields: FieldLines, control: String) -> FieldLines {
        let kept = fields.lines.filter { !lifetimes.contains($0.name) && !$0.name.hasSuffix("-cdn-cache-control") }
        return FieldLines(kept + [.init("cache-control", Array(control.utf8))])
    }
}

extension NameClaim {
    /// Whether other content cannot be what the name means: an operator has said so, or a name of its family was true before.
    package func mustMatch(isFamilyProven: Bool) -> Bool {
        if case .rule = ground { true } else { isFamilyProven }
    }
}
