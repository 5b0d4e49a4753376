// Names, numbers, strings, templates and regular expressions (ECMA-262 §12.7-§12.9).
extension JavaScriptLexer {
    /// - Returns: what the name means. A reserved word that is written with escapes is none (§12.7.2).
    mutating func passName() -> JavaScriptToken.Word {
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

    mutating func passNumber() {
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

    /// After the opening quote. A string ends with its line at the latest.
    ///
    /// - Returns: whether it is closed.
    mutating func passString(quote: UInt8) -> Bool {
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
    mutating func template(start: Int) -> JavaScriptToken.Kind {
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
    mutating func passExpression() -> Bool {
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
}
