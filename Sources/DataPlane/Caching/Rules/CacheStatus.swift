/// One member of `Cache-Status` (RFC 9211): what this cache did with a request, for whoever looks at it.
package struct CacheStatus: Hashable, Sendable {
    /// Why a request went on to the origin (§2.2).
    package enum Forward: String, Sendable {
        case bypass, method
        case uriMiss = "uri-miss"
        case varyMiss = "vary-miss"
        case miss, request, stale, partial
    }

    package var isHit = false
    package var forward: Forward?
    /// What the origin answered, where it is another status than the client gets (§2.3).
    package var forwardStatus: Int?
    /// How long the response is fresh from now on; negative when it is stale (§2.4).
    package var remaining: Duration?
    package var isStored = false
    package var isCollapsed = false
    /// A word for people, as in "guard-mismatch"; a token (§2.8).
    package var detail: String?

    package init() {}

    /// What counts and logs say of it, in one word.
    package enum Result: String, Sendable, CaseIterable {
        /// Answered with what was stored.
        case hit
        /// The same, though it was no longer fresh.
        case stale
        /// The same, after the origin said that it still is right.
        case revalidated
        /// Answered with what another request for it brought.
        case collapsed
        case miss
        /// Not the cache's business.
        case bypass
    }

    package var result: Result {
        if isHit { return (remaining ?? .zero) < .zero ? .stale : .hit }
        if isCollapsed { return .collapsed }
        if detail == Self.staleIfError { return .stale }
        switch forward {
        case .bypass, .method, .partial: return .bypass
        case .stale, .request: return forwardStatus == 304 ? .revalidated : .miss
        case .uriMiss, .varyMiss, .miss, nil: return .miss
        }
    }

    /// The detail of an answer that stands in for a failure.
    package static let staleIfError = "stale-if-error"

    /// What the guard has to say, for logs; nil: nothing.
    package var guardWord: String? {
        guard let detail, detail.hasPrefix("guard-") else { return nil }
        return String(detail.dropFirst("guard-".count))
    }

    /// The same for an answer of that status: what the origin said is only told where the client gets something else (§2.3).
    package func about(_ status: Int) -> CacheStatus {
        var said = self
        if forward != nil, !isCollapsed { said.forwardStatus = forwardStatus ?? 200 }
        if said.forwardStatus == status { said.forwardStatus = nil }
        return said
    }

    package var text: String {
        var text = "tandem"
        if isHit { text += "; hit" }
        if let forward {
            text += "; fwd=\(forward.rawValue)"
            if let forwardStatus { text += "; fwd-status=\(forwardStatus)" }
            if isStored { text += "; stored" }
            if isCollapsed { text += "; collapsed" }
        }
        if let remaining { text += "; ttl=\(remaining.components.seconds)" }
        if let detail { text += "; detail=\(detail)" }
        return text
    }
}
