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
