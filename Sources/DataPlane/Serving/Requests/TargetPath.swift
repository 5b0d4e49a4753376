/// A request target taken apart: the path decoded once, dot segments resolved, and the query as sent.
///
/// Refused, since two servers may read them differently: `%2F`, `%5C`, backslash, NUL and other control characters, bad
/// escapes, paths that climb above the root, and invalid UTF-8.
struct TargetPath {
    enum Fault: Error, Hashable {
        case badEscape, encodedSlash, control, escapesRoot, invalidUTF8
    }

    /// Decoded, with its leading slash.
    private(set) var path: [UInt8] = []
    /// Without the question mark; nil when there is none.
    private(set) var query: Range<Int>?
    /// Whether dot segments were resolved: then the path is not the one that was sent.
    private(set) var isResolved = false

    /// - Parameter target: origin-form, begins with a slash.
    init(_ target: UnsafeBufferPointer<UInt8>) throws(Fault) {
        path.reserveCapacity(target.count)
        var at = 0
        var hasDots = false
        var hasHigh = false
        while at < target.count {
            var byte = target[at]
            if byte == UInt8(ascii: "?") {
                query = (at + 1)..<target.count
                break
            }
            at += 1
            if byte == UInt8(ascii: "%") {
                guard at + 1 < target.count, let high = Self.digit(target[at]), let low = Self.digit(target[at + 1]) else {
                    throw .badEscape
                }
                byte = high << 4 | low
                at += 2
                if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") { throw .encodedSlash }
            }
            if byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\\") { throw .control }
            if byte == UInt8(ascii: "."), path.last == UInt8(ascii: "/") { hasDots = true }
            if byte == UInt8(ascii: "/"), path.last == UInt8(ascii: "/") { hasDots = true }
            if byte >= 0x80 { hasHigh = true }
            path.append(byte)
        }
        if hasHigh, String(validating: path, as: UTF8.self) == nil { throw .invalidUTF8 }
        if hasDots { try resolveDots() }
    }

    /// RFC 3986 §5.2.4, but above the root is a fault. Empty segments stay: they are names that no release has.
    private mutating func resolveDots() throws(Fault) {
        var segments: [ArraySlice<UInt8>] = []
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.elementsEqual(".".utf8) {
                if isLast { segments.append([]) }
            } else if part.elementsEqual("..".utf8) {
                if segments.popLast() == nil { throw .escapesRoot }
                if isLast { segments.append([]) }
            } else {
                segments.append(part)
            }
        }
        let before = path
        path = [UInt8(ascii: "/")] + Array(segments.joined(separator: [UInt8(ascii: "/")]))
        isResolved = path != before
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }
}

/// The parameters of a query, found without decoding: names and values here are plain by construction.
enum QueryParameter {
    /// The value of the first parameter of that name.
    static func value(_ name: String, in query: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            let count = name.utf8.count
            if end - start > count, query[start + count] == UInt8(ascii: "="),
                query[start..<start + count].elementsEqual(name.utf8)
            {
                return UnsafeBufferPointer(rebasing: query[(start + count + 1)..<end])
            }
            start = end + 1
        }
        return nil
    }
}
