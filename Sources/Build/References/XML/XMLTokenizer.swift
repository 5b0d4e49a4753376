// XML 1.0 as far as references need it: tags, attributes, text, CDATA sections and instructions, with offsets. Comments and the
// document type are passed over; entities that it declares are not expanded (a value that uses one names no file that could be
// known). What is not well-formed in a tag ends the reading with a fault, as an XML parser would; that end tags match start tags
// is not checked, since no span depends on it.

/// Splits an XML text into tokens. Linear in the length; no recursion.
struct XMLTokenizer {
    let bytes: [UInt8]
    private var position: Int
    private(set) var fault: Reading.Fault?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = ByteOrderMark.end(bytes, in: 0..<bytes.count)
    }

    /// The next token; nil at the end or at a fault.
    mutating func next() -> XMLToken? {
        while fault == nil, position < bytes.count {
            let start = position
            guard bytes[start] == UInt8(ascii: "<") else {
                position = bytes[start...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                return .text(start..<position)
            }
            if starts("<!--") {
                pass(4, to: "-->", "comment is not closed")
            } else if starts("<![CDATA[") {
                return pass(9, to: "]]>", "CDATA section is not closed").map(XMLToken.characterData)
            } else if starts("<?") {
                return instruction()
            } else if starts("<!") {
                passDocumentType()
            } else if starts("</") {
                position += 2
                let name = passName()
                passSpace()
                guard !name.isEmpty, take(UInt8(ascii: ">")) else { return fail("end tag is malformed") }
                return .end(name: name)
            } else {
                return startTag()
            }
        }
        return nil
    }

    // MARK: Markup

    private mutating func startTag() -> XMLToken? {
        position += 1
        let name = passName()
        guard !name.isEmpty else { return fail("\"<\" begins no tag") }
        var attributes: [XMLToken.Attribute] = []
        while true {
            let hadSpace = passSpace()
            guard position < bytes.count else { return fail("tag is not closed") }
            if take(UInt8(ascii: ">")) { return .start(name: name, attributes: attributes, isEmpty: false) }
            if starts("/>") {
                position += 2
                return .start(name: name, attributes: attributes, isEmpty: true)
            }
            guard hadSpace, let attribute = attribute() else { return fail("attribute is malformed") }
            attributes.append(attribute)
        }
    }

    private mutating func attribute() -> XMLToken.Attribute? {
        let name = passName()
        passSpace()
        guard !name.isEmpty, take(UInt8(ascii: "=")) else { return nil }
        passSpace()
        guard position < bytes.count else { return nil }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else { return nil }
        position = end + 1
        return XMLToken.Attribute(name: name, value: start..<end, quote: quote)
    }

    private mutating func instruction() -> XMLToken? {
        position += 2
        let target = passName()
        return pass(0, to: "?>", "instruction is not closed").map { .instruction(target: target, content: $0) }
    }

    /// `<!DOCTYPE … [ … ]>`, with quotes and comments inside.
    private mutating func passDocumentType() {
        let start = position
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if starts("<!--") {
                guard pass(4, to: "-->", "comment is not closed") != nil else { return }
                continue
            }
            if starts("<?") {
                guard pass(2, to: "?>", "instruction is not closed") != nil else { return }
                continue
            }
            position += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                position = bytes[position...].firstIndex(of: byte).map { $0 + 1 } ?? bytes.count
            case UInt8(ascii: "<"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ">"):
                depth -= 1
                if depth <= 0 { return }
            default: break
            }
        }
        position = start
        _ = fail("document type is not closed")
    }

    // MARK: Bytes

    private func starts(_ characters: StaticString) -> Bool { bytes.starts(with: characters, at: position, before: bytes.count) }

    /// Goes behind the next `mark`; gives what stands before it.
    @discardableResult
    private mutating func pass(_ count: Int, to mark: StaticString, _ message: String) -> Range<Int>? {
        let start = position + count
        var at = start
        while let found = at < bytes.count ? bytes[at...].firstIndex(of: mark.utf8Start[0]) : nil {
            if bytes.starts(with: mark, at: found, before: bytes.count) {
                position = found + mark.utf8CodeUnitCount
                return start..<found
            }
            at = found + 1
        }
        _ = fail(message)
        return nil
    }

    private static let nameEnds = ByteSet(" \t\r\n<>/=\"'?&")

    private mutating func passName() -> Range<Int> {
        let start = position
        while position < bytes.count, !Self.nameEnds.contains(bytes[position]) { position += 1 }
        return start..<position
    }

    @discardableResult
    private mutating func passSpace() -> Bool {
        let start = position
        while position < bytes.count, [UInt8].isSpace(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func fail(_ message: String) -> XMLToken? {
        if fault == nil { fault = Reading.Fault(offset: min(position, bytes.count), message: message) }
        return nil
    }
}
