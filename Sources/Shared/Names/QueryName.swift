import Model

/// A full digest that a URL states for its content. It is checked against the content, never believed.
package struct DigestClaim: Hashable, Sendable {
    package let kind: DigestKind
    private let words: Words

    private struct Words: Hashable { var a, b, c, d: UInt64 }

    /// Reads exactly 32, 40 or 64 hexadecimal digits, in either case. Allocates nothing.
    package init?(digits: UnsafeBufferPointer<UInt8>) {
        guard let kind = DigestKind(digitCount: digits.count) else { return nil }
        var words = Words(a: 0, b: 0, c: 0, d: 0)
        for (at, digit) in digits.enumerated() {
            guard let value = Hexadecimal.value(digit) else { return nil }
            let shifted = UInt64(value) << UInt64(60 - 4 * (at & 15))
            switch at >> 4 {
            case 0: words.a |= shifted
            case 1: words.b |= shifted
            case 2: words.c |= shifted
            default: words.d |= shifted
            }
        }
        self.kind = kind
        self.words = words
    }

    /// Whether the content with these digests is the one meant. Allocates nothing.
    package func matches(_ digests: ContentDigests) -> Bool {
        withBytes { own in digests.withBytes(of: kind) { own.elementsEqual($0) } }
    }

    /// Calls `body` with the raw bytes of the digest: 16, 20 or 32 of them.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let raw = (words.a.bigEndian, words.b.bigEndian, words.c.bigEndian, words.d.bigEndian)
        return try withUnsafeBytes(of: raw) { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(kind.byteCount))) }
    }
}

/// The part of a query that belongs to the name.
///
/// A query belongs to the name only if the whole of it (`core.js?65b61c1a…`, as NEJ writes), or its `v` parameter, is a full
/// digest. `?utm_source=…` and `?v=12` do not.
package enum QueryName {
    /// - Parameter query: what stands after the `?`, as received.
    /// - Returns: nil where the query is no part of the name. Cost: one pass; allocates nothing.
    package static func parse(_ query: UnsafeBufferPointer<UInt8>) -> DigestClaim? {
        if let claim = DigestClaim(digits: query) { return claim }
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            if end - start > 2, query[start] == UInt8(ascii: "v"), query[start + 1] == UInt8(ascii: "=") {
                // The first `v` counts, as it does for the back ends that read it.
                return DigestClaim(digits: UnsafeBufferPointer(rebasing: query[(start + 2)..<end]))
            }
            start = end + 1
        }
        return nil
    }

    package static func parse(_ query: String) -> DigestClaim? {
        var query = query
        return query.withUTF8 { parse($0) }
    }
}
