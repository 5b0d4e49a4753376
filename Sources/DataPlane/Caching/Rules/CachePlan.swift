import Model

/// What is done with a request before anybody is asked.
package enum CachePlan: Hashable, Sendable {
    /// Not the cache's business.
    case pass(CacheStatus.Forward)
    /// Send what is stored; `isRevalidated`: and validate it meanwhile.
    case answer(isRevalidated: Bool)
    /// Ask the origin, with these conditions about what is stored; `ifError`: send that if the origin fails.
    case fetch(CacheStatus.Forward, conditions: FieldLines, ifError: Bool)
    /// A part of something that is not stored as a whole.
    case part
    /// The client wants nothing but what is stored (RFC 9111 §5.2.1.7): `504`.
    case onlyStored

    /// What of a stored response counts.
    package struct Stored: Hashable, Sendable {
        package let response: OriginResponse
        package let isMarkedStale: Bool

        package init(_ response: OriginResponse, isMarkedStale: Bool) {
            self.response = response
            self.isMarkedStale = isMarkedStale
        }
    }

    /// - Parameters:
    ///   - request: its fields.
    ///   - hasVariants: whether something is stored for other requests of the URL.
    package init(
        method: String, request: FieldLines, obeying: Reuse.Obedience, stored: Stored?, hasVariants: Bool = false, now: Timestamp
    ) {
        guard method == "GET" || method == "HEAD" else {
            self = .pass(.method)
            return
        }
        let directives = Directives(request.members("cache-control"))
        guard let stored else {
            if obeying == .requests, directives.onlyIfCached {
                self = .onlyStored
            } else if method == "HEAD" {
                self = .pass(.miss)
            } else if request.contains("range") {
                // The whole may be long: only what is wanted is asked for.
                self = .part
            } else {
                self = .fetch(hasVariants ? .varyMiss : .uriMiss, conditions: FieldLines(), ifError: false)
            }
            return
        }
        let reuse = Reuse(stored.response, request: directives, obeying: obeying, isMarkedStale: stored.isMarkedStale, now: now)
        switch reuse {
        case .fresh, .staleAsAsked: self = .answer(isRevalidated: false)
        case .staleWhileRevalidating: self = .answer(isRevalidated: true)
        case .validate(let ifError):
            if obeying == .requests, directives.onlyIfCached {
                self = .onlyStored
            } else if method == "HEAD" {
                self = .pass(.stale)
            } else {
                let isFresh = stored.response.age(at: now) < stored.response.lifetime.duration && !stored.isMarkedStale
                self = .fetch(isFresh ? .request : .stale, conditions: Freshening.conditions(stored.response.fields), ifError: ifError)
            }
        }
    }

    /// Fields of a client's request that the cache answers by itself: an origin that is asked for something to keep must send all of it.
    package static let ownConditions: Set<String> = [
        "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range",
    ]
}

/// What is done with an origin's answer to a fetch.
package enum CacheOutcome: Hashable, Sendable {
    /// The stored response is still the one: renew it and send it.
    case renewed
    /// The origin has failed: send what is stored.
    case stale
    /// Send it, and store it meanwhile.
    case stored
    /// Send it and keep nothing of it. What was stored before stays unless the answer takes its place.
    case relayed(Storing.Reason)
    /// It says that something is unchanged which is not what is stored: ask again without conditions.
    case askAgain

    /// - Parameters:
    ///   - stored: what the conditions were about; nil: there were none.
    ///   - ifError: whether what is stored may stand in for a failure.
    package init(_ answer: OriginResponse, to request: Storing.Request, stored: OriginResponse?, ifError: Bool) {
        if answer.status == 304, let stored {
            self = Freshening.isAbout(stored.fields, answer.fields) ? .renewed : .askAgain
        } else if [500, 502, 503, 504].contains(answer.status), ifError, stored != nil {
            self = .stale
        } else {
            switch Storing(answer, to: request) {
            case .allowed: self = .stored
            case .refused(let reason): self = .relayed(reason)
            }
        }
    }
}
