import Model

/// How long a response is fresh, counted from its generation at the origin (RFC 9111 §4.2.1).
package struct Lifetime: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// `s-maxage`, `max-age` or `Expires`.
        case said
        /// A tenth of the time since its last modification, a day at most, of an error ten seconds (§4.2.2).
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
        } else if let longest = directives.isPublic ? Self.longestGuess : Self.longestGuess(of: status),
            let modified = fields.single("last-modified").flatMap({ HTTPDate.parse($0, now: now) }), modified < date
        {
            (duration, source) = (min((date - modified) / 10, longest), .guessed)
        } else {
            (duration, source) = (.zero, .none)
        }
    }

    /// Those of RFC 9110 §15.1 that are no errors: what stands in an error's place may be there soon.
    static func mayGuess(_ status: Int) -> Bool { [200, 203, 204, 206, 300, 301, 308].contains(status) }

    /// Nil: nothing may be guessed of it. A name that is not there yet must not be remembered as missing: an error that says when it was
    /// last changed keeps others from the origin for a moment, and no longer.
    private static func longestGuess(of status: Int) -> Duration? {
        if mayGuess(status) { return longestGuess }
        return [404, 405, 410, 414, 501].contains(status) ? .seconds(10) : nil
    }
}
