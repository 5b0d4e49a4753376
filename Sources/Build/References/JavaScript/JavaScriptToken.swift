/// A token of a script (ECMA-262 §12), as far as a reader of references needs to tell tokens apart.
struct JavaScriptToken {
    var kind: Kind
    /// What a name means, if it means anything; `.other` too for a name that is written with escapes.
    var word: Word = .other
    /// A line ended between the token before and this one.
    var followsNewline: Bool
    /// The whole token, with quotes.
    var span: Range<Int>

    enum Kind: UInt8 {
        /// Identifiers and reserved words.
        case name
        case privateName
        /// A number, or a string that is not closed.
        case number
        case string, regularExpression
        /// A template literal without substitutions.
        case template
        /// Up to and with `${`: the start of a template literal, or what stands between two substitutions.
        case templatePart
        /// From the `}` of the last substitution to the end.
        case templateTail
        case openBrace, closeBrace
        case openBracket, closeBracket
        case openParenthesis, closeParenthesis
        case semicolon, comma, colon
        case question, dot, optionalDot, arrow
        /// `++` and `--`.
        case step
        case star
        /// Any other punctuator: an operand follows. Of those of several bytes each byte may come alone.
        case operation
        case end
    }

    /// Names that change what the tokens after them mean, or that start a reference.
    enum Word: UInt8 {
        case other
        /// A parenthesis follows, and after it a statement.
        case header
        case catching
        case `for`
        /// A statement or block follows.
        case statement
        /// An operand follows.
        case operand
        /// As `operand`, unless the line ends.
        case returning
        case of
        /// `get`, `set`, `async`, `static`, `accessor`: before the name of a member.
        case modifier
        case async
        case function, `class`
        case `default`
        case importing, exporting, new
        /// `in` and `instanceof`: the only reserved words that continue an expression over a newline.
        case relation
        /// `window`, `self`, `globalThis`.
        case global
        case navigator, importScripts
        /// `audioWorklet`, `paintWorklet`, `layoutWorklet`: members mostly.
        case worklet
    }
}

extension JavaScriptToken.Word {
    /// What a name without escapes means.
    @inline(__always)
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        // Most names of a minified script have one byte.
        self = range.count > 1 && range.count < 14 ? Self.find(bytes, range) : .other
    }

    private static func find(_ bytes: [UInt8], _ range: Range<Int>) -> Self {
        @inline(__always)
        func matches(_ word: StaticString) -> Bool {
            range.count == word.utf8CodeUnitCount && bytes.starts(with: word, at: range.lowerBound, before: range.upperBound)
        }
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "a"):
            if matches("await") { return .operand }
            if matches("accessor") { return .modifier }
            if matches("async") { return .async }
            if matches("audioWorklet") { return .worklet }
        case UInt8(ascii: "b"):
            if matches("break") { return .statement }
        case UInt8(ascii: "c"):
            if matches("continue") { return .statement }
            if matches("catch") { return .catching }
            if matches("case") || matches("const") { return .operand }
            if matches("class") { return .class }
        case UInt8(ascii: "d"):
            if matches("do") || matches("debugger") { return .statement }
            if matches("delete") { return .operand }
            if matches("default") { return .default }
        case UInt8(ascii: "e"):
            if matches("else") { return .statement }
            if matches("extends") { return .operand }
            if matches("export") { return .exporting }
        case UInt8(ascii: "f"):
            if matches("finally") { return .statement }
            if matches("for") { return .for }
            if matches("function") { return .function }
        case UInt8(ascii: "g"):
            if matches("get") { return .modifier }
            if matches("globalThis") { return .global }
        case UInt8(ascii: "i"):
            if matches("if") { return .header }
            if matches("import") { return .importing }
            if matches("in") || matches("instanceof") { return .relation }
            if matches("importScripts") { return .importScripts }
        case UInt8(ascii: "l"):
            if matches("let") { return .operand }
            if matches("layoutWorklet") { return .worklet }
        case UInt8(ascii: "n"):
            if matches("new") { return .new }
            if matches("navigator") { return .navigator }
        case UInt8(ascii: "o"):
            if matches("of") { return .of }
        case UInt8(ascii: "p"):
            if matches("paintWorklet") { return .worklet }
        case UInt8(ascii: "r"):
            if matches("return") { return .returning }
        case UInt8(ascii: "s"):
            if matches("switch") { return .header }
            if matches("set") || matches("static") { return .modifier }
            if matches("self") { return .global }
        case UInt8(ascii: "t"):
            if matches("try") { return .statement }
            if matches("throw") || matches("typeof") { return .operand }
        case UInt8(ascii: "v"):
            if matches("void") || matches("var") { return .operand }
        case UInt8(ascii: "w"):
            if matches("while") || matches("with") { return .header }
            if matches("window") { return .global }
        case UInt8(ascii: "y"):
            if matches("yield") { return .operand }
        default: break
        }
        return .other
    }
}
