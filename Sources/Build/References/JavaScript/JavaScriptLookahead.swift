/// Reads the few tokens after a name that may start a reference, on a copy of the lexer.
///
/// Each way stops at the first token that does not fit, so that a hostile script cannot make it look far again and again.
struct JavaScriptLookahead {
    private(set) var lexer: JavaScriptLexer
    /// The literals that were found, with their quotes.
    private(set) var literals: [Range<Int>] = []
    /// `import.meta` was seen.
    private(set) var sawMeta = false

    /// - Parameter lexer: behind the name.
    init(_ lexer: JavaScriptLexer) {
        self.lexer = lexer
    }

    // MARK: Declarations

    /// `import … from "x"`, `import "x"`, `export … from "x"` (ECMA-262 §16.2): reads it to the end, import attributes included.
    mutating func passDeclaration(_ keyword: JavaScriptToken.Word) -> Bool {
        var token = next()
        if keyword == .importing, token.kind == .string { return passAttributes(after: token) }
        if keyword == .exporting, token.kind != .openBrace, token.kind != .star { return false }
        // `import defer a, * as b from` has the most parts outside of braces; what has more is no declaration.
        for _ in 0..<8 {
            switch token.kind {
            case .openBrace: guard passNames() else { return false }
            case .name:
                if isName(token, "from") {
                    let last = next()
                    if last.kind == .string { return passAttributes(after: last) }
                    token = last
                    continue
                }
            case .star, .comma, .string: break
            default: return false
            }
            token = next()
        }
        return false
    }

    /// `a, b as c, "d" as e }`
    private mutating func passNames() -> Bool {
        while true {
            switch next().kind {
            case .name, .comma, .string: continue
            case .closeBrace: return true
            default: return false
            }
        }
    }

    /// `with { type: "json" }`, or in older scripts `assert {…}`.
    private mutating func passAttributes(after specifier: JavaScriptToken) -> Bool {
        literals = [specifier.span]
        var ahead = self
        let keyword = ahead.next()
        guard keyword.kind == .name, isName(keyword, "with") || (isName(keyword, "assert") && !keyword.followsNewline),
            ahead.next().kind == .openBrace
        else { return true }
        while true {
            switch ahead.next().kind {
            case .name, .string, .comma, .colon: continue
            case .closeBrace: self = ahead
            default: break
            }
            return true
        }
    }

    // MARK: Expressions

    /// After `import`: a call, or `import.meta.resolve("x")`.
    mutating func importCall() -> Reference.Role? {
        let token = next()
        if token.kind == .openParenthesis { return passArgument() == nil ? nil : .dynamicModule }
        guard token.kind == .dot else { return nil }
        let name = next()
        if isName(name, "meta") {
            sawMeta = true
            guard passMember("resolve") else { return nil }
            return passCall() ? .module : nil
        }
        guard isName(name, "defer") || isName(name, "source") else { return nil }
        return passCall() ? .dynamicModule : nil
    }

    /// After `new`.
    mutating func construction() -> Reference.Role? {
        var name = next()
        if name.word == .global {
            guard next().kind == .dot else { return nil }
            name = next()
        }
        guard name.kind == .name else { return nil }
        if isName(name, "URL") { return passModuleAsset() ? .moduleAsset : nil }
        guard isName(name, "Worker") || isName(name, "SharedWorker") else { return nil }
        return passCall() ? .worker : nil
    }

    /// After `navigator`, `importScripts`, a worklet, or `window` and its like.
    mutating func call(of word: JavaScriptToken.Word) -> Reference.Role? {
        switch word {
        case .global:
            guard passDot() else { return nil }
            let name = next()
            // A worklet is a member of something in any case, and found there.
            return name.word == .global || name.word == .worklet ? nil : call(of: name.word)
        case .navigator:
            guard passMember("serviceWorker"), passMember("register") else { return nil }
            return passCall() ? .serviceWorker : nil
        case .importScripts:
            guard next().kind == .openParenthesis else { return nil }
            while passArgument() == .comma {}
            return literals.isEmpty ? nil : .importedScript
        case .worklet: return passMember("addModule") && passCall() ? .worker : nil
        default: return nil
        }
    }

    /// `("x", import.meta.url)`
    private mutating func passModuleAsset() -> Bool {
        guard next().kind == .openParenthesis, passArgument() == .comma else { return false }
        guard next().word == .importing, next().kind == .dot, isName(next(), "meta"), next().kind == .dot, isName(next(), "url") else {
            return false
        }
        sawMeta = true
        let token = next()
        return token.kind == .closeParenthesis || (token.kind == .comma && next().kind == .closeParenthesis)
    }

    /// `("x"` or `?.("x"`, with or without more arguments.
    private mutating func passCall() -> Bool {
        var token = next()
        if token.kind == .optionalDot { token = next() }
        return token.kind == .openParenthesis && passArgument() != nil
    }

    /// A literal that is a whole argument.
    ///
    /// - Returns: what follows it, a comma or a closing parenthesis.
    private mutating func passArgument() -> JavaScriptToken.Kind? {
        let token = next()
        guard token.kind == .string || token.kind == .template else { return nil }
        let following = next().kind
        guard following == .comma || following == .closeParenthesis else { return nil }
        literals.append(token.span)
        return following
    }

    private mutating func passMember(_ name: StaticString) -> Bool {
        passDot() && isName(next(), name)
    }

    private mutating func passDot() -> Bool {
        let token = next()
        return token.kind == .dot || token.kind == .optionalDot
    }

    // MARK: Tokens

    private mutating func next() -> JavaScriptToken {
        lexer.next(allowsExpression: false)
    }

    private func isName(_ token: JavaScriptToken, _ name: StaticString) -> Bool {
        token.kind == .name && token.span.count == name.utf8CodeUnitCount
            && lexer.bytes.starts(with: name, at: token.span.lowerBound, before: token.span.upperBound)
    }
}

extension JavaScriptToken.Word {
    var startsReference: Bool {
        switch self {
        case .importing, .exporting, .new, .global, .navigator, .importScripts, .worklet: true
        default: false
        }
    }
}
