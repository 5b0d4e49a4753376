import CGumbo

/// An attribute as it stands in the file.
struct HTMLAttribute {
    /// What a URL attribute is written in; shared, since a page has thousands.
    static let doubleQuoted: [Reference.Notation] = [.htmlAttribute(quote: UInt8(ascii: "\""))]
    static let singleQuoted: [Reference.Notation] = [.htmlAttribute(quote: UInt8(ascii: "'"))]
    static let unquoted: [Reference.Notation] = [.htmlAttribute(quote: nil)]

    /// The bytes of the value, without quotes.
    let span: Range<Int>
    /// Behind the value and its closing quote.
    let end: Int
    let notation: [Reference.Notation]
    /// Character references undone. Only as long as the parser's tree lives.
    private let decoded: UnsafePointer<CChar>

    /// Nil for an attribute without a value.
    ///
    /// The value is found behind its name: where the parser says that it begins is wrong for an unquoted one that begins with a
    /// character reference (`href=&amp;a`).
    init?(_ attribute: GumboAttribute, base: UnsafePointer<CChar>, bytes: [UInt8]) {
        guard let name = attribute.original_name.data else { return nil }
        var position = name - base + attribute.original_name.length
        guard position >= 0 else { return nil }
        Self.skipSpace(bytes, &position)
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return nil }
        position += 1
        Self.skipSpace(bytes, &position)
        guard position < bytes.count, bytes[position] != UInt8(ascii: ">") else { return nil }
        let quote = bytes[position]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            guard let close = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
            span = position + 1..<close
            end = close + 1
            notation = quote == UInt8(ascii: "'") ? Self.singleQuoted : Self.doubleQuoted
        } else {
            end = bytes[position...].firstIndex { [UInt8].isSpace($0) || $0 == UInt8(ascii: ">") } ?? bytes.count
            span = position..<end
            notation = Self.unquoted
        }
        decoded = attribute.value
    }

    private static func skipSpace(_ bytes: [UInt8], _ position: inout Int) {
        while position < bytes.count, [UInt8].isSpace(bytes[position]) { position += 1 }
    }

    var text: String { String(cString: decoded) }
}
