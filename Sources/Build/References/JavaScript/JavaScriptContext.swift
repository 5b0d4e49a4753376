// A slash divides where an operand has just ended, and starts a regular expression elsewhere. Whether an operand has ended
// depends, after `)` and `}`, on what was opened:
//
//     if (a) /b/.test(c)          the parenthesis of a statement's header: a statement follows
//     f(a) / b                    any other: the operand has ended
//     {} /a/                      a block, a function or class declaration: a statement follows
//     x = {} / b                  an object, a function or class expression: the operand has ended
//     `${ a }/b`                  a substitution: the template goes on
//
// A brace opens an object where an operand is expected and a block elsewhere; a name after a dot or at the place of a member's
// name is no reserved word. This is all that must be known, so that a stack of what is open takes the place of a parser.
// What is ambiguous without one is decided as programs are written: `yield`, `await` and `let` are taken as reserved words.

/// What the tokens so far allow to come next.
struct JavaScriptContext {
    var expected = Expected.statement
    var top = Frame(kind: .block, exit: .statement)
    var outer: [Frame] = []
    /// What the last name meant, if the last token was a name.
    var lastWord = JavaScriptToken.Word.other
    /// Where the token before the last name stood.
    private var expectedBeforeName = Expected.statement
    /// After `if`, `for` and the like: the kind of parenthesis that must follow.
    var header: Frame.Kind?
    /// After `function`: what its body will leave behind.
    var functionExit: Expected?
    /// After `)` or `=>`: the next brace opens a function's body, which will leave this behind.
    var bodyExit: Expected?

    enum Expected: UInt8 {
        case statement
        case operand
        /// An operand has ended.
        case operation
        /// After a dot.
        case property
        /// The name of a member of an object or class.
        case member
    }

    struct Frame {
        enum Kind: UInt8 {
            case block, object, classBody, bracket, substitution
            case parenthesis, header, forHeader, parameters
        }

        var kind: Kind
        /// What is expected when it has closed.
        var exit: Expected
        /// How many `class` wait for their bodies, and what the outermost of them leaves behind.
        var classes: UInt8 = 0
        var classExit = Expected.operation
        /// How many `?` wait for their `:`.
        var choices: UInt32 = 0
    }

    /// What is open is kept for as many levels as this; deeper nesting is no program.
    static let greatestDepth = 1 << 21

    var isTooDeep: Bool { outer.count > Self.greatestDepth }
    var isClosed: Bool { outer.isEmpty }
    var isInSubstitution: Bool { top.kind == .substitution }
    var isInMembers: Bool { top.kind == .object || top.kind == .classBody }

    var allowsExpression: Bool { expected != .operation && expected != .property }

    /// Whether a name here has its reserved meaning.
    func isReserved(_ token: JavaScriptToken) -> Bool {
        switch expected {
        case .property, .member: false
        // A field may end with its line; what follows is the next member's name (ECMA-262 §12.10).
        case .operation: !(top.kind == .classBody && token.followsNewline && token.word != .relation)
        case .statement, .operand: true
        }
    }

    // MARK: Tokens

    /// - Returns: whether the token closes what is open; `false` only for a closing bracket without its opening one.
    mutating func take(_ token: JavaScriptToken) -> Bool {
        if token.kind == .name {
            takeName(token)
            return true
        }
        defer { lastWord = .other }
        let body = bodyExit
        bodyExit = nil
        switch token.kind {
        case .openBrace: openBrace(body: body, token)
        case .openParenthesis: openParenthesis()
        case .openBracket: open(.bracket, exit: .operation, expecting: .operand)
        case .templatePart: open(.substitution, exit: .operation, expecting: .operand)
        case .closeBrace: return closeBrace()
        case .closeParenthesis: return closeParenthesis()
        case .closeBracket: return close(.bracket)
        case .privateName, .number, .string, .regularExpression, .template, .templateTail: expected = .operation
        case .semicolon: takeSemicolon()
        case .comma: expected = top.kind == .object ? .member : .operand
        case .colon: takeColon()
        case .question:
            top.choices &+= 1
            expected = .operand
        case .dot, .optionalDot: expected = .property
        case .arrow:
            bodyExit = top.kind == .classBody ? .member : .statement
            expected = .operand
        case .step: if expected != .operation || token.followsNewline { expected = .operand }
        case .star: if expected != .member { expected = .operand }
        case .operation: expected = .operand
        case .name, .end: break
        }
        if token.kind != .openParenthesis, token.kind != .star { functionExit = nil }
        header = nil
        return true
    }

    private mutating func takeName(_ token: JavaScriptToken) {
        let before = expected
        bodyExit = nil
        guard isReserved(token) else {
            let isModifier = before != .property && (token.word == .modifier || token.word == .async)
            expected = isModifier ? .member : .operation
            lastWord = .other
            header = nil
            return
        }
        let previous = lastWord
        lastWord = token.word
        // `for await (`
        if !(header == .forHeader && token.word == .operand) { header = nil }
        switch token.word {
        case .header: startHeader(.header, expecting: .operand)
        case .for: startHeader(.forHeader, expecting: .operand)
        case .catching: startHeader(.header, expecting: .statement)
        case .statement, .exporting: expected = .statement
        case .operand, .returning, .default, .importing, .new, .relation: expected = .operand
        case .of: expected = top.kind == .forHeader && before == .operation ? .operand : .operation
        case .function:
            functionExit = exitOfDefinition(previous, before, token)
            expected = .operation
        case .class:
            let exit = exitOfDefinition(previous, before, token)
            if top.classes == 0 { top.classExit = exit }
            if top.classes < .max { top.classes += 1 }
            expected = .operation
        case .other, .modifier, .async, .global, .navigator, .importScripts, .worklet: expected = .operation
        }
        expectedBeforeName = before
    }

    private mutating func startHeader(_ kind: Frame.Kind, expecting next: Expected) {
        header = kind
        expected = next
    }

    /// A function or class that starts a statement is a declaration, and a statement follows it; any other is an operand.
    private func exitOfDefinition(_ previous: JavaScriptToken.Word, _ before: Expected, _ token: JavaScriptToken) -> Expected {
        if previous == .default { return .statement }
        if previous == .async, !token.followsNewline { return expectedBeforeName == .operand ? .operation : .statement }
        return before == .operand ? .operation : .statement
    }

    private mutating func takeSemicolon() {
        switch top.kind {
        case .block: expected = .statement
        case .classBody, .object: expected = .member
        default: expected = .operand
        }
        top.choices = 0
        top.classes = 0
    }

    private mutating func takeColon() {
        if top.choices > 0 {
            top.choices -= 1
            expected = .operand
        } else {
            // After a label or a case.
            expected = top.kind == .block ? .statement : .operand
        }
    }

    // MARK: Brackets

    /// A declaration has been read as a whole.
    mutating func endStatement() {
        expected = .statement
        lastWord = .other
        bodyExit = nil
        functionExit = nil
        header = nil
    }
}
