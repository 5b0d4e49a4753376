// The lexical grammar of ECMA-262 (§12) over bytes. The grammar cannot be read without its context in two places, and there
// the caller decides: whether a slash may start a regular expression, and whether a `}` ends a template's substitution.
//
// Any ASCII-compatible encoding will do. Of what lies beyond ASCII only white space and line ends matter, and they are known in
// UTF-8; all else is part of a name, a string or a comment.

/// Splits a script into tokens. White space and comments are passed over.
struct JavaScriptLexer {
    let bytes: [UInt8]
    let end: Int
    var position: Int
    /// `<!--` and `-->` start comments (ECMA-262 §B.1.1): in scripts, not in modules.
    let hasPageComments: Bool
    var sawPageComment = false
    var sourceMap: Range<Int>?
    var faults: [Reading.Fault] = []
    /// No token has been read yet.
    var isStart = true
    /// A slash before this offset starts no regular expression: its line has been searched to the end for another slash.
    var noExpressionBefore = 0

    private let triviaStarts = ByteSet("\t\n\u{B}\u{C}\r /<-", beyondASCII: true)
    let nameBytes = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")

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

    // MARK: Literals

    // MARK: White space and comments

    // MARK: Bytes

    @inline(__always)
    func byte(at offset: Int) -> UInt8? {
        offset < end ? bytes[offset] : nil
    }

    @inline(__always)
    func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
