/// The place of a part in the whole (RFC 9110 §14.4): `bytes 5-9/10`.
package struct ContentRange: Hashable, Sendable {
    package let range: Range<Int>
    /// Bytes of the whole.
    package let size: Int

    package init(_ range: Range<Int>, of size: Int) { (self.range, self.size) = (range, size) }

    /// Nil where there is none, or one that makes no sense, or whose whole has an unknown size.
    package init?(_ fields: FieldLines) {
        guard let value = fields.single("content-range") else { return nil }
        let text = String(decoding: value, as: UTF8.self)
        guard text.prefix(6).lowercased() == "bytes " else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let size = Self.number(parts[1]) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last, last < size else {
            return nil
        }
        self.init(first..<last + 1, of: size)
    }

    package var isWhole: Bool { range.count == size }

    package var text: String { "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)" }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
