/// `//# sourceMappingURL=app.js.map`, and its like in style sheets (ECMA-426 §11.1.2, MatchSourceMapURL).
///
/// The last such comment of a file is the one that counts: bundlers join files whose own comments stay behind.
enum SourceMapComment {
    private static let name: StaticString = "sourceMappingURL="

    /// The bytes of the URL in a comment's text, or `nil` if the comment says nothing of a source map.
    ///
    /// - Parameter content: what stands between the comment's delimiters: `# sourceMappingURL=app.js.map`.
    static func url(in bytes: [UInt8], content: Range<Int>) -> Range<Int>? {
        guard let mark = content.first, bytes[mark] == UInt8(ascii: "#") || bytes[mark] == UInt8(ascii: "@") else { return nil }
        var start = mark + 1
        while start < content.upperBound, isSpace(bytes[start]) { start += 1 }
        guard bytes.starts(with: name, at: start, before: content.upperBound) else { return nil }
        start += name.utf8CodeUnitCount
        var end = start
        while end < content.upperBound, !isSpace(bytes[end]) { end += 1 }
        guard start < end, bytes[end..<content.upperBound].allSatisfy(isSpace) else { return nil }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
