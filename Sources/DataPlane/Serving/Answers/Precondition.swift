import HTTPEngine

/// Conditional requests (RFC 9110 §13). Dates are ignored: nothing here has a modification time.
enum Precondition {
    enum Outcome {
        case proceed, notModified, failed
    }

    /// The order of RFC 9110 §13.2.2, less the date conditions.
    /// - Parameter tag: the strong entity tag of the selected representation, with its quotes.
    static func evaluate(_ exchange: Exchange, tag: @autoclosure () -> String) -> Outcome {
        if exchange.head.has(.ifMatch), !matches(exchange.joined(.ifMatch), tag: tag(), weakly: false) { return .failed }
        if exchange.head.has(.ifNoneMatch), matches(exchange.joined(.ifNoneMatch), tag: tag(), weakly: true) { return .notModified }
        return .proceed
    }

    /// Whether a list of entity tags, or `*`, holds the tag (RFC 9110 §8.8.3.2).
    static func matches(_ list: [UInt8], tag: String, weakly: Bool) -> Bool {
        let text = String(decoding: list, as: UTF8.self)
        if text.trimmed == "*" { return true }
        // Our tags hold neither comma nor quote, so that splitting at commas cannot hide or make one.
        return text.split(separator: ",").contains { member in
            let candidate = member.trimmed
            if candidate == tag { return true }
            return weakly && candidate.hasPrefix("W/") && candidate.dropFirst(2) == tag
        }
    }
}

extension StringProtocol {
    var trimmed: SubSequence {
        var part = self[...]
        while let first = part.first, first == " " || first == "\t" { part = part.dropFirst() }
        while let last = part.last, last == " " || last == "\t" { part = part.dropLast() }
        return part
    }
}
