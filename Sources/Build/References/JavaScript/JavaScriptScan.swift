/// One pass over a script.
struct JavaScriptScan {
    private(set) var reading = Reading()
    /// An `import` or `export` declaration or `import.meta` was seen.
    private(set) var isModule = false
    private var lexer: JavaScriptLexer
    private var context = JavaScriptContext()
    private let outer: [Reference.Notation]

    var sawPageComment: Bool { lexer.sawPageComment }

    init(_ bytes: [UInt8], in range: Range<Int>, hasPageComments: Bool, outer: [Reference.Notation]) {
        lexer = JavaScriptLexer(bytes, in: range, hasPageComments: hasPageComments)
        self.outer = outer
    }

    mutating func run() {
        var token = lexer.next(allowsExpression: true)
        while token.kind != .end {
            if token.kind == .name, token.word.startsReference,
                context.isReserved(token) || token.word == .worklet
            {
                takeReference(token)
            } else {
                take(token)
            }
            guard !context.isTooDeep else {
                reading.fault(at: token.span.lowerBound, "brackets are nested deeper than \(JavaScriptContext.greatestDepth) levels")
                break
            }
            token = lexer.next(allowsExpression: context.allowsExpression)
        }
        finish()
    }

    private mutating func take(_ token: JavaScriptToken) {
        if token.kind == .closeBrace, context.isInSubstitution {
            context.endSubstitution()
            take(lexer.continueTemplate())
        } else if !context.take(token) {
            reading.fault(at: token.span.lowerBound, "closing bracket without its opening one")
        }
    }

    private mutating func finish() {
        if lexer.faults.isEmpty, reading.faults.isEmpty, !context.isClosed {
            reading.fault(at: lexer.position, "script ends before all brackets are closed")
        }
        reading.faults = (reading.faults + lexer.faults).sorted { $0.offset < $1.offset }
        if let span = lexer.sourceMap {
            let target = String(decoding: lexer.bytes[span], as: UTF8.self)
            reading.insert(Reference(span: span, target: target, role: .sourceMap, notation: [.comment] + outer))
        }
    }

    // MARK: References

    /// Looks ahead from a name that may start a reference. What was looked at is read again, except for a declaration.
    private mutating func takeReference(_ token: JavaScriptToken) {
        var ahead = JavaScriptLookahead(lexer)
        switch token.word {
        case .importing, .exporting:
            if ahead.passDeclaration(token.word) {
                isModule = true
                report(ahead.literals, .module)
                lexer = ahead.lexer
                context.endStatement()
                return
            }
            ahead = JavaScriptLookahead(lexer)
            if token.word == .exporting {
                isModule = true
            } else if let role = ahead.importCall() {
                report(ahead.literals, role)
            }
        case .new:
            if let role = ahead.construction() { report(ahead.literals, role) }
        default:
            if let role = ahead.call(of: token.word) { report(ahead.literals, role) }
        }
        if ahead.sawMeta { isModule = true }
        take(token)
    }

    private mutating func report(_ literals: [Range<Int>], _ role: Reference.Role) {
        for literal in literals {
            let span = literal.lowerBound + 1..<literal.upperBound - 1
            let quote = lexer.bytes[literal.lowerBound]
            // Without its line end the rest of a script that is not whole might read otherwise; nobody writes a URL so.
            if span.contains(where: lexer.isLineEnd) {
                reading.fault(at: literal.lowerBound, "URL is written over two lines")
                continue
            }
            reading.references.append(
                Reference(
                    span: span, target: JavaScriptEscapes.text(lexer.bytes, span), role: role,
                    notation: [.javaScriptString(quote: quote)] + outer))
        }
    }
}
