/// What the value of a `Range` field asks for (RFC 9110 §14.1.2, §14.2).
enum ByteRanges {
    /// More than a reader needs are an attack (CVE-2011-3192): then all of it is sent.
    private static let most = 16

    /// - Parameter size: bytes of the whole.
    static func select(_ value: [UInt8], size: Int) -> Selection {
        let text = String(decoding: value, as: UTF8.self).lowercased().filter { $0 != " " && $0 != "\t" }
        guard text.hasPrefix("bytes=") else { return .whole }
        let members = text.dropFirst(6).split(separator: ",")
        guard !members.isEmpty, members.count <= most else { return .whole }
        var parts: [Range<Int>] = []
        for member in members {
            switch one(member, size: size) {
            case .malformed: return .whole
            case .outside: break
            case .inside(let range): parts.append(range)
            }
        }
        switch parts.count {
        case 0: return .unsatisfiable
        case 1: return .part(parts[0])
        default: return overlap(parts) ? .whole : .parts(parts)
        }
    }

    private enum One {
        case malformed, outside
        case inside(Range<Int>)
    }

    private static func one(_ member: Substring, size: Int) -> One {
        let ends = member.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return .malformed }
        if ends[0].isEmpty {
            guard !ends[1].isEmpty else { return .malformed }
            let count = min(Int(ends[1]) ?? .max, size)
            return count == 0 ? .outside : .inside(size - count..<size)
        }
        // A number that nothing reaches is outside, and not malformed.
        let first = Int(ends[0]) ?? .max
        let last = ends[1].isEmpty ? Int.max : Int(ends[1]) ?? .max
        if last < first { return .malformed }
        return first < size ? .inside(first..<min(last, size - 1) + 1) : .outside
    }

    /// Those that overlap cost more than they are worth (RFC 9110 §14.2).
    private static func overlap(_ parts: [Range<Int>]) -> Bool {
        let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
        return zip(sorted, sorted.dropFirst()).contains { $0.upperBound > $1.lowerBound }
    }
}
