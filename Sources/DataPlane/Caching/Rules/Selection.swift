import Model

/// What of a stored response a client gets: all of it, a part, or the word that it has it already (RFC 9110 §13, §14; RFC 9111 §4.3.2).
package enum Selection: Hashable, Sendable {
    case whole
    case notModified
    /// Bytes of the body.
    case part(Range<Int>)
    /// Several that do not overlap, in the order in which they were asked for.
    case parts([Range<Int>])
    /// `416`.
    case unsatisfiable
    /// `412`.
    case failed

    /// - Parameters:
    ///   - request: its fields.
    ///   - isHead: whether its method is HEAD, which has no ranges (RFC 9110 §14.2).
    ///   - size: bytes of the whole body.
    package init(_ request: FieldLines, isHead: Bool = false, of stored: OriginResponse, size: Int, now: Timestamp) {
        // Conditions are about what would be a success without them (RFC 9110 §13.2.1).
        guard (200..<300).contains(stored.status) else {
            self = .whole
            return
        }
        let tag = stored.fields.single("etag")
        let modified = stored.fields.single("last-modified").flatMap { HTTPDate.parse($0, now: now) }
        if request.contains("if-match") {
            if !Self.lists(request, "if-match", tag, isWeak: false) {
                self = .failed
                return
            }
        } else if let since = request.single("if-unmodified-since").flatMap({ HTTPDate.parse($0, now: now) }), let modified,
            modified > since
        {
            self = .failed
            return
        }
        if request.contains("if-none-match") {
            if Self.lists(request, "if-none-match", tag, isWeak: true) {
                self = .notModified
                return
            }
        } else if let since = request.single("if-modified-since").flatMap({ HTTPDate.parse($0, now: now) }),
            (modified ?? stored.date) <= since
        {
            self = .notModified
            return
        }
        self = [200, 206].contains(stored.status) && !isHead ? Self.range(request, tag, modified, stored.date, size, now) : .whole
    }

    private static func lists(_ request: FieldLines, _ name: String, _ tag: [UInt8]?, isWeak: Bool) -> Bool {
        for member in request.members(name) {
            if member.elementsEqual([UInt8(ascii: "*")]) { return true }
            guard let tag else { continue }
            if isWeak {
                if strong(member) == strong(tag[...]) { return true }
            } else if member == tag[...], !isMarkedWeak(tag[...]) {
                return true
            }
        }
        return false
    }

    private static func isMarkedWeak(_ tag: ArraySlice<UInt8>) -> Bool { tag.starts(with: Array("W/".utf8)) }

    private static func strong(_ tag: ArraySlice<UInt8>) -> ArraySlice<UInt8> { isMarkedWeak(tag) ? tag.dropFirst(2) : tag }

    // MARK: Ranges

    private static func range(
        _ request: FieldLines, _ tag: [UInt8]?, _ modified: Timestamp?, _ date: Timestamp, _ size: Int, _ now: Timestamp
    ) -> Selection {
        guard let value = request.single("range") else { return .whole }
        if let condition = request.single("if-range") {
            if condition.first == UInt8(ascii: "\"") {
                if condition != tag { return .whole }
            } else {
                // A date is a strong validator only where it is well before the response's own (RFC 9110 §8.8.2.2).
                guard let said = HTTPDate.parse(condition, now: now), said == modified, date - said >= .seconds(1) else { return .whole }
            }
        }
        return ByteRanges.select(value, size: size)
    }
}
