// The tokenization of css-syntax-3 §4 over bytes. A byte from 0x80 on is part of a name in every ASCII-compatible
// encoding, so that the encoding need not be known; a preprocessed newline (§3.3) is CR LF, CR, FF or LF.
//
// Names, strings and URLs are not copied: a token gives offsets, and who needs the text undoes the escapes.

/// Splits a style sheet into tokens. White space is passed over.
struct CSSTokenizer {
    let bytes: [UInt8]
    let end: Int
    private(set) var position: Int
    /// What was malformed, in the order it was met: taken by the reader.
    private(set) var faults: [Reading.Fault] = []

    private let nameBytes = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_\0", beyondASCII: true)
    private let nameStarts = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_\0", beyondASCII: true)
    /// What ends a run of plain bytes in an unquoted URL: white space, `)`, an escape, or what must not stand there.
    private let urlBreaks = ByteSet(
        """
        \u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\t\n\u{B}\u{C}\r\u{E}\u{F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\u{17}\u{18}\u{19}\
        \u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F}\u{7F} "'()\\
        """)

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next token, or `nil` at the end.
    mutating func next() -> CSSToken? {
        while position < end, isSpace(bytes[position]) { position += 1 }
        guard position < end else { return nil }
        let start = position
        switch bytes[start] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return string()
        case UInt8(ascii: "/") where byte(at: start + 1) == UInt8(ascii: "*"): return comment()
        case UInt8(ascii: "{"): return single(.openBrace)
        case UInt8(ascii: "}"): return single(.closeBrace)
        case UInt8(ascii: "["): return single(.openBracket)
        case UInt8(ascii: "]"): return single(.closeBracket)
        case UInt8(ascii: "("): return single(.openParenthesis)
        case UInt8(ascii: ")"): return single(.closeParenthesis)
        case UInt8(ascii: ";"): return single(.semicolon)
        case UInt8(ascii: "@"):
            position += 1
            guard startsName(at: position) else { return token(.other, from: start) }
            passName()
            return token(.atKeyword, from: start, value: start + 1..<position)
        case UInt8(ascii: "#"):
            position += 1
            passName()
            return token(.other, from: start)
        case UInt8(ascii: "<") where bytes.starts(with: "<!--", at: start, before: end):
            position += 4
            return token(.pageComment, from: start)
        case UInt8(ascii: "-") where bytes.starts(with: "-->", at: start, before: end):
            position += 3
            return token(.pageComment, from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            passNumber()
            return token(.other, from: start)
        default:
            guard startsName(at: start) else { return single(.other) }
            return name()
        }
    }

    // MARK: Names

    /// §4.3.9: three code points that would start an identifier.
    private func startsName(at offset: Int) -> Bool {
        guard let first = byte(at: offset) else { return false }
        if nameStarts.contains(first) { return true }
        if first == UInt8(ascii: "\\") { return startsEscape(at: offset) }
        guard first == UInt8(ascii: "-"), let second = byte(at: offset + 1) else { return false }
        return second == UInt8(ascii: "-") || nameStarts.contains(second) || startsEscape(at: offset + 1)
    }

    /// §4.3.8: a backslash that is not before a newline. At the end of the file it is an escape too.
    private func startsEscape(at offset: Int) -> Bool {
        guard byte(at: offset) == UInt8(ascii: "\\") else { return false }
        return byte(at: offset + 1).map { !CSSEscapes.isNewline($0) } ?? true
    }

    private mutating func passName() {
        while position < end {
            if nameBytes.contains(bytes[position]) {
                position += 1
            } else if startsEscape(at: position) {
                position = CSSEscapes.endOfEscape(bytes, at: position, before: end)
            } else {
                return
            }
        }
    }

    /// A number and its unit; what would be a sign, an exponent's sign or `%` is left for the next token, where it means nothing.
    private mutating func passNumber() {
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        while position < end, isDigit(bytes[position]) { position += 1 }
        if byte(at: position) == UInt8(ascii: "."), let next = byte(at: position + 1), isDigit(next) {
            position += 1
            while position < end, isDigit(bytes[position]) { position += 1 }
        }
        if startsName(at: position) { passName() }
    }

    /// §4.3.4: an identifier, a function's name with its parenthesis, or an unquoted URL.
    private mutating func name() -> CSSToken {
        let start = position
        passName()
        let name = start..<position
        guard byte(at: position) == UInt8(ascii: "(") else { return token(.other, from: start) }
        position += 1
        guard CSSEscapes.name(bytes, name, is: "url") else { return token(.function, from: start, value: name) }
        var first = position
        while first < end, isSpace(bytes[first]) { first += 1 }
        if let quote = byte(at: first), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            return token(.function, from: start, value: name)
        }
        position = first
        return url(from: start)
    }

    // MARK: URLs, strings, comments

    /// §4.3.6, after the parenthesis and the white space behind it.
    private mutating func url(from start: Int) -> CSSToken {
        let first = position
        while position < end {
            let byte = bytes[position]
            if !urlBreaks.contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: ")") {
                position += 1
                return token(.url, from: start, value: first..<position - 1)
            } else if isSpace(byte) {
                let last = position
                while position < end, isSpace(bytes[position]) { position += 1 }
                guard position < end else { break }
                guard bytes[position] == UInt8(ascii: ")") else { return badURL(from: start) }
                position += 1
                return token(.url, from: start, value: first..<last)
            } else if startsEscape(at: position) {
                position = CSSEscapes.endOfEscape(bytes, at: position, before: end)
            } else {
                return badURL(from: start)
            }
        }
        faults.note(at: start, "url( is not closed")
        var last = end
        while last > first, isSpace(bytes[last - 1]) { last -= 1 }
        return token(.url, from: start, value: first..<last)
    }

    /// §4.3.14: what is left of a URL that is none, up to its parenthesis.
    private mutating func badURL(from start: Int) -> CSSToken {
        faults.note(at: start, "url( without quotes holds a quote, a parenthesis, white space or a control character")
        while position < end, bytes[position] != UInt8(ascii: ")") {
            position = startsEscape(at: position) ? CSSEscapes.endOfEscape(bytes, at: position, before: end) : position + 1
        }
        if position < end { position += 1 }
        return token(.other, from: start)
    }

    /// §4.3.5. A newline ends a bad string, and is read again.
    private mutating func string() -> CSSToken {
        let start = position
        let quote = bytes[start]
        position += 1
        while position < end {
            let byte = bytes[position]
            if byte == quote {
                position += 1
                return token(.string, from: start, value: start + 1..<position - 1)
            } else if byte == UInt8(ascii: "\\") {
                position = CSSEscapes.endOfEscape(bytes, at: position, before: end)
            } else if CSSEscapes.isNewline(byte) {
                faults.note(at: start, "string is not closed before the end of its line")
                return token(.other, from: start)
            } else {
                position += 1
            }
        }
        faults.note(at: start, "string is not closed")
        return token(.string, from: start, value: start + 1..<end)
    }

    private mutating func comment() -> CSSToken {
        let start = position
        position += 2
        while position + 1 < end {
            if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                position += 2
                return token(.comment, from: start, value: start + 2..<position - 2)
            }
            position += 1
        }
        position = end
        faults.note(at: start, "comment is not closed")
        return token(.comment, from: start, value: end..<end)
    }

    // MARK: Bytes

    private mutating func single(_ kind: CSSToken.Kind) -> CSSToken {
        position += 1
        return token(kind, from: position - 1)
    }

    private func token(_ kind: CSSToken.Kind, from start: Int, value: Range<Int>? = nil) -> CSSToken {
        CSSToken(kind: kind, value: value ?? start..<position, span: start..<position)
    }

    @inline(__always)
    private func byte(at offset: Int) -> UInt8? {
        offset < end ? bytes[offset] : nil
    }

    @inline(__always)
    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || CSSEscapes.isNewline(byte)
    }
}
