// White space, line ends and comments (ECMA-262 §12.2-§12.4, §B.1.1).
extension JavaScriptLexer {
    /// - Returns: whether a line ended in it.
    mutating func passTrivia() -> Bool {
        var sawLineEnd = false
        while position < end {
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x09, 0x0B, 0x0C:
                position += 1
            case 0x0A, 0x0D:
                sawLineEnd = true
                position += 1
            case UInt8(ascii: "/"):
                if self.byte(at: position + 1) == UInt8(ascii: "/") {
                    passLineComment()
                } else if self.byte(at: position + 1) == UInt8(ascii: "*") {
                    if passBlockComment() { sawLineEnd = true }
                } else {
                    return sawLineEnd
                }
            case UInt8(ascii: "<") where hasPageComments && bytes.starts(with: "<!--", at: position, before: end):
                sawPageComment = true
                passLine()
            case UInt8(ascii: "-") where hasPageComments && bytes.starts(with: "-->", at: position, before: end):
                guard sawLineEnd || isStart else { return sawLineEnd }
                sawPageComment = true
                passLine()
            case 0x80...:
                let length = spaceLength(at: position)
                guard length > 0 else { return sawLineEnd }
                if isLineEnd(at: position) { sawLineEnd = true }
                position += length
            default: return sawLineEnd
            }
        }
        return sawLineEnd
    }

    private mutating func passLineComment() {
        let start = position
        passLine()
        sourceMap = SourceMapComment.url(in: bytes, content: start + 2..<position) ?? sourceMap
    }

    /// - Returns: whether it holds the end of a line, which then counts as one (§12.4).
    private mutating func passBlockComment() -> Bool {
        let start = position
        var sawLineEnd = false
        position += 2
        while position < end {
            let byte = bytes[position]
            if byte == UInt8(ascii: "*"), self.byte(at: position + 1) == UInt8(ascii: "/") {
                sourceMap = SourceMapComment.url(in: bytes, content: start + 2..<position) ?? sourceMap
                position += 2
                return sawLineEnd
            }
            if byte == 0x0A || byte == 0x0D || (byte == 0xE2 && isLineEnd(at: position)) { sawLineEnd = true }
            position += 1
        }
        faults.note(at: start, "comment is not closed")
        return sawLineEnd
    }

    mutating func passLine() {
        while position < end {
            let byte = bytes[position]
            if byte == 0x0A || byte == 0x0D || (byte == 0xE2 && isLineEnd(at: position)) { return }
            position += 1
        }
    }

    /// LF, CR, U+2028, U+2029 (§12.3).
    func isLineEnd(at offset: Int) -> Bool {
        let byte = bytes[offset]
        if byte == 0x0A || byte == 0x0D { return true }
        return bytes.starts(with: "\u{2028}", at: offset, before: end) || bytes.starts(with: "\u{2029}", at: offset, before: end)
    }

    /// How many bytes the white space or line end beyond ASCII has that stands here (§12.2): U+FEFF and what Unicode calls Zs.
    func spaceLength(at offset: Int) -> Int {
        switch bytes[offset] {
        case 0xC2: return byte(at: offset + 1) == 0xA0 ? 2 : 0
        case 0xE1: return bytes.starts(with: "\u{1680}", at: offset, before: end) ? 3 : 0
        case 0xE2:
            guard let second = byte(at: offset + 1), let third = byte(at: offset + 2) else { return 0 }
            let isSpace = second == 0x80 && (0x80...0x8A ~= third || third == 0xA8 || third == 0xA9 || third == 0xAF)
            return isSpace || (second == 0x81 && third == 0x9F) ? 3 : 0
        case 0xE3: return bytes.starts(with: "\u{3000}", at: offset, before: end) ? 3 : 0
        case 0xEF: return bytes.starts(with: "\u{FEFF}", at: offset, before: end) ? 3 : 0
        default: return 0
        }
    }
}
