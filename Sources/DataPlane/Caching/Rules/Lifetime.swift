import Model

/// How long a response is fresh, counted from its generation at the origin (RFC 9111 §4.2.1).
package struct Lifetime: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// `s-maxage`, `max-age` or `Expires`.
        case said
        /// A tenth of the time since its last modification, a day at most (§4.2.2).
        case guessed
        /// Nothing was said and nothing may be guessed: stale at once.
        case none
    }

    package let duration: Duration
    package let source: Source

    /// An operator's, where the origin says none.
    init(set duration: Duration) { (self.duration, source) = (duration, .said) }

    static let longestGuess = Duration.seconds(86_400)

    init(status: Int, fields: FieldLines, directives: Directives, isTargeted: Bool, date: Timestamp, now: Timestamp) {
        if let said = directives.sharedMaxAge ?? directives.maxAge {
            (duration, source) = (said, .said)
        } else if !isTargeted, fields.contains("expires") {
            // What cannot be read is in the past, above all "0" (§5.3).
            let expires = fields.single("expires").flatMap { HTTPDate.parse($0, now: now) }
            (duration, source) = (expires.map { max(.zero, $0 - date) } ?? .zero, .said)
        } else if Self.mayGuess(status) || directives.isPublic,
            let modified = fields.single("last-modified").flatMap({ HTTPDate.parse($0, now: now) }), modified < date
        {
            (duration, source) = (min((date - modified) / 10, Self.longestGuess), .guessed)
        } else {
            (duration, source) = (.zero, .none)
        }
    }

    /// Those of RFC 9110 §15.1 that are no errors: an error is kept only where the origin says so.
    static func mayGuess(_ status: Int) -> Bool { [200, 203, 204, 206, 300, 301, 308].contains(status) }
}
