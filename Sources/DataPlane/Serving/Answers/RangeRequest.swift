/// Byte ranges (RFC 9110 §14).
enum RangeRequest {
    enum Outcome: Equatable {
        /// No range that counts: the whole representation.
        case whole
        case parts([Range<Int>])
        case unsatisfiable
    }

    /// More ranges than a reader needs are an attack (CVE-2011-3192): then the whole is sent.
    static let maximumParts = 16

    /// - Parameters:
    ///   - value: the `Range` field.
    ///   - size: bytes of the representation.
    static func evaluate(_ value: [UInt8], size: Int) -> Outcome {
        let text = String(decoding: value, as: UTF8.self).trimmed
        // Range units are case-insensitive (RFC 9110 §14.1).
        guard text.count > 6, text.prefix(6).lowercased() == "bytes=" else { return .whole }
        var parts: [Range<Int>] = []
        var count = 0
        for member in text.dropFirst(6).split(separator: ",", omittingEmptySubsequences: true) {
            let spec = member.trimmed
            if spec.isEmpty { continue }
            count += 1
            switch parse(spec, size: size) {
            case nil: return .whole
            case .some(let range): if let range { parts.append(range) }
            }
        }
        guard count > 0, count <= maximumParts else { return .whole }
        if parts.isEmpty { return .unsatisfiable }
        if parts.count > 1 {
            // Overlapping ranges, or more than the whole, cost us more than they are worth (RFC 9110 §14.2).
            let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
            for (a, b) in zip(sorted, sorted.dropFirst()) where a.upperBound > b.lowerBound { return .whole }
        }
        return .parts(parts)
    }

    /// nil: malformed; `.some(nil)`: well-formed but outside.
    private static func parse(_ spec: Substring, size: Int) -> Range<Int>?? {
        guard let dash = spec.firstIndex(of: "-") else { return nil }
        let first = spec[..<dash]
        let last = spec[spec.index(after: dash)...]
        guard isNumber(first) || first.isEmpty, isNumber(last) || last.isEmpty else { return nil }
        if first.isEmpty {
            guard !last.isEmpty else { return nil }
            let count = Int(last) ?? .max
            return .some(count == 0 || size == 0 ? nil : max(0, size - count)..<size)
        }
        // A number that no file reaches is outside, not malformed.
        let start = Int(first) ?? .max
        let end = last.isEmpty ? Int.max : Int(last) ?? .max
        if end < start { return nil }
        return .some(start >= size ? nil : start..<(min(end, size - 1) + 1))
    }

    private static func isNumber(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 &- 0x30 < 10 } }
}
