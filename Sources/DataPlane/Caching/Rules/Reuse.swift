import Model

/// What may be done with a stored response for a request that it fits (RFC 9111 §4).
package enum Reuse: Hashable, Sendable {
    /// Send it.
    case fresh
    /// Send it, and validate it meanwhile (RFC 5861 §3).
    case staleWhileRevalidating
    /// Send it although it is stale: the client said that it takes it (§5.2.1.2).
    case staleAsAsked
    /// Ask the origin first. `ifError`: send it if the origin fails (RFC 5861 §4; §4.2.4 when nothing forbids it).
    case validate(ifError: Bool)

    /// What of a request's `Cache-Control` counts. A cache in front of one origin is not its visitors' to steer: each `no-cache` of a
    /// reload would reach the origin. Off unless a route asks for it (§5.2.1: all of them are advice).
    package enum Obedience: Hashable, Sendable {
        case none, requests
    }

    /// - Parameters:
    ///   - request: the directives of the request.
    ///   - isMarkedStale: by a soft purge, or by an unsafe request (§4.4).
    package init(
        _ response: OriginResponse, request: Directives = Directives(), obeying: Obedience = .none, isMarkedStale: Bool = false,
        now: Timestamp
    ) {
        // Who would rather see a failure than what is too old gets it, whatever a route says: it is his own answer alone.
        let bridge = request.staleIfError
        let request = obeying == .requests ? request : Directives()
        let said = response.directives
        let age = response.age(at: now)
        let forbidsStale = said.mustRevalidate || said.proxyRevalidate
        // `s-maxage` says `proxy-revalidate` too (§5.2.2.10), but for a time that is said beside it.
        let forbidsMore = forbidsStale || said.sharedMaxAge != nil
        if said.noCache == .all {
            self = .validate(ifError: false)
            return
        }
        let overdue = isMarkedStale ? max(age - response.lifetime.duration, .zero) : age - response.lifetime.duration
        let ifError =
            !forbidsStale && (said.staleIfError.map { overdue < $0 } ?? !forbidsMore) && (bridge.map { overdue < $0 } ?? true)
        let isTooOld = request.maxAge.map { age > $0 } ?? false
        let isTooShort = request.minimumFresh.map { response.lifetime.duration - age < $0 } ?? false
        if request.noCache != nil || isTooOld || isTooShort {
            self = .validate(ifError: ifError)
        } else if overdue < .zero {
            self = .fresh
        } else if let grace = said.staleWhileRevalidate, !forbidsStale, overdue < grace {
            self = .staleWhileRevalidating
        } else if !forbidsMore, Self.takes(request.maximumStale, overdue) {
            self = .staleAsAsked
        } else {
            self = .validate(ifError: ifError)
        }
    }

    private static func takes(_ staleness: Directives.Staleness?, _ overdue: Duration) -> Bool {
        switch staleness {
        case nil: false
        case .any?: true
        case .upTo(let limit)?: overdue <= limit
        }
    }
}
