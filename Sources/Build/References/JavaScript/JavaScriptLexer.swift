// The lexical grammar of ECMA-262 (§12) over bytes. The grammar cannot be read without its context in two places, and there
// the caller decides: whether a slash may start a regular expression, and whether a `}` ends a template's substitution.
//
// Any ASCII-compatible encoding will do. Of what lies beyond ASCII only white space and line ends matter, and they are known in
// UTF-8; all else is part of a name, a string or a comment.

/// Splits a script into tokens. White space and comments are passed over.
struct JavaScriptLexer {
    let bytes: [UInt8]
    let end: Int
    private(set) var position: Int
    /// `<!--` and `-->` start comments (ECMA-262 §B.1.1): in scripts, not in modules.
    let hasPageComments: Bool
    private(set) var sawPageComment = false
    private(set) var sourceMap: Range<Int>?
    private(set) var faults: [Reading.Fault] = []
    /// No token has been read yet.
    private var isStart = true
    /// A slash before this offset starts no regular expression: its line has been searched to the end for another slash.
    private var noExpressionBefore = 0

    private let triviaStarts = ByteSet("\t\n\u{B}\u{C}\r /<-", beyondASCII: true)
    private let nameBytes = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")

    init(_ bytes: [UInt8], in range: Range<Int>, hasPageComments: Bool) {
        self.bytes = bytes
        self.hasPageComments = hasPageComments
        position = range.lowerBound
        end = range.upperBound
        // A hashbang is only that at the very start of the text (§12.5).
        if bytes.starts(with: "#!", at: position, before: end) { passLine() }
    }

    /// The next token; `.end` at the end, and again whenever asked.
    ///
    /// - Parameter allowsExpression: a slash starts a regular expression, not a division.
    mutating func next(allowsExpression: Bool) -> JavaScriptToken {
        let followsNewline = position < end && triviaStarts.contains(bytes[position]) && passTrivia()
        isStart = false
        let start = position
        guard start < end else { return JavaScriptToken(kind: .end, followsNewline: followsNewline, span: end..<end) }
        let byte = bytes[start]
        let kind: JavaScriptToken.Kind
        var word = JavaScriptToken.Word.other
        if isDigit(byte) {
            passNumber()
            kind = .number
        } else if nameBytes.contains(byte) || byte >= 0x80 {
            word = passName()
            kind = .name
        } else {
            kind = punctuator(byte, allowsExpression: allowsExpression)
        }
        return JavaScriptToken(kind: kind, word: word, followsNewline: followsNewline, span: start..<position)
    }

    /// Reads on in a template literal after the `}` that ends a substitution.
    mutating func continueTemplate() -> JavaScriptToken {
        let start = position
        let kind = template(start: start)
        return JavaScriptToken(kind: kind == .template ? .templateTail : kind, followsNewline: false, span: start..<position)
    }

    private mutating func punctuator(_ byte: UInt8, allowsExpression: Bool) -> JavaScriptToken.Kind {
        let start = position
        position += 1
        switch byte {
        case UInt8(ascii: "{"): return .openBrace
        case UInt8(ascii: "}"): return .closeBrace
        case UInt8(ascii: "("): return .openParenthesis
        case UInt8(ascii: ")"): return .closeParenthesis
        case UInt8(ascii: "["): return .openBracket
        case UInt8(ascii: "]"): return .closeBracket
        case UInt8(ascii: ";"): return .semicolon
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: ":"): return .colon
        case UInt8(ascii: "*"): return .star
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return passString(quote: byte) ? .string : .number
        case UInt8(ascii: "`"):
            return template(start: start)
        case UInt8(ascii: "."):
            if let next = self.byte(at: position), isDigit(next) {
                position = start
                passNumber()
                return .number
            }
            guard bytes.starts(with: "..", at: position, before: end) else { return .dot }
            position += 2
            return .operation
        case UInt8(ascii: "?"):
            switch self.byte(at: position) {
            case UInt8(ascii: "?"):
                position += 1
                return .operation
            // `a?.5:b` is a choice between numbers (§12.8, OptionalChainingPunctuator).
            case UInt8(ascii: ".") where !(self.byte(at: position + 1).map(isDigit) ?? false):
                position += 1
                return .optionalDot
            default: return .question
            }
        case UInt8(ascii: "="):
            guard self.byte(at: position) == UInt8(ascii: ">") else { return .operation }
            position += 1
            return .arrow
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard self.byte(at: position) == byte else { return .operation }
            position += 1
            return .step
        case UInt8(ascii: "/"):
            return allowsExpression && passExpression() ? .regularExpression : .operation
        case UInt8(ascii: "#"):
            guard let next = self.byte(at: position), nameBytes.contains(next) || next >= 0x80 || next == UInt8(ascii: "\\") else {
                return .operation
            }
            _ = passName()
            return .privateName
        case UInt8(ascii: "\\"):
            position = start
            _ = passName()
            // A lone backslash is no name: it must not be read again and again.
            if position == start { position += 1 }
            return .name
        default: return .operation
        }
    }

    // MARK: Names and numbers

    /// - Returns: what the name means. A reserved word that is written with escapes is none (§12.7.2).
    private mutating func passName() -> JavaScriptToken.Word {
        let start = position
        var isPlain = true
        while position < end {
            let byte = bytes[position]
            if nameBytes.contains(byte) {
                position += 1
            } else if byte >= 0x80, spaceLength(at: position) == 0 {
                position += 1
                isPlain = false
            } else if byte == UInt8(ascii: "\\"), self.byte(at: position + 1) == UInt8(ascii: "u") {
                position += 2
                isPlain = false
                guard self.byte(at: position) == UInt8(ascii: "{") else { continue }
                position += 1
                while position < end, hexadecimalValue(bytes[position]) != nil { position += 1 }
                if self.byte(at: position) == UInt8(ascii: "}") { position += 1 }
            } else {
                break
            }
        }
        return isPlain ? JavaScriptToken.Word(bytes, start..<position) : .other
    }

    private mutating func passNumber() {
        let start = position
        let isDecimal = bytes[start] != UInt8(ascii: "0") || !(byte(at: start + 1).map { "xXoObB".utf8.contains($0) } ?? false)
        if isDecimal {
            passDigits()
            if byte(at: position) == UInt8(ascii: ".") {
                position += 1
                passDigits()
            }
            if let mark = byte(at: position), mark | 0x20 == UInt8(ascii: "e") {
                position += 1
                if let sign = byte(at: position), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            }
        }
        // The rest of the digits, and the `n` of a BigInt.
        while position < end, nameBytes.contains(bytes[position]) { position += 1 }
    }

    private mutating func passDigits() {
        while position < end, isDigit(bytes[position]) || bytes[position] == UInt8(ascii: "_") { position += 1 }
    }

    // MARK: Literals

    /// After the opening quote. A string ends with its line at the latest.
    ///
    /// - Returns: whether it is closed.
    private mutating func passString(quote: UInt8) -> Bool {
        let start = position - 1
        while position < end {
            let byte = bytes[position]
            if byte == quote {
                position += 1
                return true
            } else if byte == UInt8(ascii: "\\") {
                passEscape()
            } else if byte == 0x0A || byte == 0x0D {
                break
            } else {
                position += 1
            }
        }
        faults.note(at: start, "string is not closed")
        return false
    }

    /// A backslash and what it escapes; of CR LF both (§12.9.4, LineContinuation).
    private mutating func passEscape() {
        position += 1
        guard position < end else { return }
        position += bytes[position] == 0x0D && byte(at: position + 1) == 0x0A ? 2 : 1
    }

    /// After the opening quote or the `}` of a substitution.
    private mutating func template(start: Int) -> JavaScriptToken.Kind {
        while position < end {
            let byte = bytes[position]
            if byte == UInt8(ascii: "`") {
                position += 1
                return .template
            } else if byte == UInt8(ascii: "\\") {
                passEscape()
            } else if byte == UInt8(ascii: "$"), self.byte(at: position + 1) == UInt8(ascii: "{") {
                position += 2
                return .templatePart
            } else {
                position += 1
            }
        }
        faults.note(at: start, "template literal is not closed")
        return .templateTail
    }

    /// After the opening slash (§12.9.5). Where no slash closes it on its line it was none, and nothing is passed.
    private mutating func passExpression() -> Bool {
        let start = position
        guard start > noExpressionBefore else { return false }
        var isInClass = false
        search: while position < end {
            switch bytes[position] {
            case UInt8(ascii: "/") where !isInClass:
                position += 1
                while position < end, nameBytes.contains(bytes[position]) { position += 1 }
                return true
            case UInt8(ascii: "["): isInClass = true
            case UInt8(ascii: "]"): isInClass = false
            case UInt8(ascii: "\\"):
                position += 1
                if position < end, isLineEnd(at: position) { break search }
            case 0x0A, 0x0D, 0xE2:
                if isLineEnd(at: position) { break search }
            default: break
            }
            position += 1
        }
        faults.note(at: start - 1, "regular expression is not closed")
        noExpressionBefore = min(position, end)
        position = start
        return false
    }

    // MARK: White space and comments

    /// - Returns: whether a line ended in it.
    private mutating func passTrivia() -> Bool {
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

    private mutating func passLine() {
        while position < end {
            let byte = bytes[position]
            if byte == 0x0A || byte == 0x0D || (byte == 0xE2 && isLineEnd(at: position)) { return }
            position += 1
        }
    }

    // MARK: Bytes

    @inline(__always)
    private func byte(at offset: Int) -> UInt8? {
        offset < end ? bytes[offset] : nil
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// LF, CR, U+2028, U+2029 (§12.3).
    func isLineEnd(at offset: Int) -> Bool {
        let byte = bytes[offset]
        if byte == 0x0A || byte == 0x0D { return true }
        return bytes.starts(with: "\u{2028}", at: offset, before: end) || bytes.starts(with: "\u{2029}", at: offset, before: end)
    }

    /// How many bytes the white space or line end beyond ASCII has that stands here (§12.2): U+FEFF and what Unicode calls Zs.
    private func spaceLength(at offset: Int) -> Int {
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
