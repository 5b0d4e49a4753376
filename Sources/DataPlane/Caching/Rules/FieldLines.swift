/// The header fields of a message as a cache needs them: in order, names in lower case, values as bytes.
///
/// Values are trimmed of the spaces and tabs around them (RFC 9110 §5.5). Several lines of one name mean the same as one with
/// commas between (§5.3), except `set-cookie`, which nothing here joins.
package struct FieldLines: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        /// Lower case.
        package let name: String
        package let value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name.lowercased()
            self.value = Self.trimmed(value)
        }

        private static func trimmed(_ value: [UInt8]) -> [UInt8] {
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
            guard let first = value.firstIndex(where: { !isSpace($0) }), let last = value.lastIndex(where: { !isSpace($0) }) else {
                return []
            }
            return first == 0 && last == value.count - 1 ? value : Array(value[first...last])
        }
    }

    package var lines: [Line]

    package init(_ lines: [Line] = []) { self.lines = lines }

    /// The values of all lines of that name, in order.
    /// - Parameter name: in lower case.
    package subscript(_ name: String) -> [[UInt8]] { lines.filter { $0.name == name }.map(\.value) }

    package func contains(_ name: String) -> Bool { lines.contains { $0.name == name } }

    /// Whole lines, each with its end, without some names.
    package func wire(without names: some Collection<String>) -> [UInt8] {
        var out: [UInt8] = []
        for line in lines where !names.contains(line.name) {
            out.append(contentsOf: line.name.utf8)
            out.append(contentsOf: [0x3a, 0x20])
            out.append(contentsOf: line.value)
            out.append(contentsOf: [0x0d, 0x0a])
        }
        return out
    }

    /// The members of a list field, over all its lines, without empty ones (RFC 9110 §5.6.1.2). Commas in quoted strings part nothing.
    package func members(_ name: String) -> [ArraySlice<UInt8>] { self[name].flatMap { ListMembers.of($0) } }

    /// The value of a field that may stand once. Several lines that say the same count as one; lines that differ say nothing.
    package func single(_ name: String) -> [UInt8]? {
        let values = self[name]
        guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}

/// Parts a list value at its commas.
enum ListMembers {
    static func of(_ value: [UInt8]) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var start = 0
        var isQuoted = false
        var at = 0
        func take(_ end: Int) {
            var member = value[start..<end]
            while let first = member.first, first == 0x20 || first == 0x09 { member.removeFirst() }
            while let last = member.last, last == 0x20 || last == 0x09 { member.removeLast() }
            if !member.isEmpty { found.append(member) }
        }
        while at < value.count {
            switch value[at] {
            case UInt8(ascii: "\\") where isQuoted: at += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                take(at)
                start = at + 1
            default: break
            }
            at += 1
        }
        take(value.count)
        return found
    }
}
