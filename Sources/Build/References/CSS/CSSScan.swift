/// One pass over a style sheet: which blocks and functions are open decides what a URL or string is.
struct CSSScan {
    private var tokens: CSSTokenizer
    private let outer: [Reference.Notation]
    private var reading = Reading()
    private var open: [Frame] = []
    private var openBraces: Int
    /// The at-rule whose prelude is being read.
    private var prelude: Prelude?
    /// A rule or declaration may start here, so that an at-keyword is the name of a rule.
    private var startsRule = true
    /// A rule was seen after which no `@import` counts (css-cascade-5 §2).
    private var isPastImports = false
    private var sourceMap: Range<Int>?

    private struct Frame {
        var closer: CSSToken.Kind
        var strings: Strings
        /// In `@font-face`.
        var holdsFonts: Bool
    }

    /// What a string means as a direct argument.
    private enum Strings {
        case text
        /// `url("…" modifiers)`, `src("…")`, `image("…", red)`.
        case firstIsURL
        /// `image-set("…" 1x, "…" 2x)`.
        case areURLs
    }

    private struct Prelude {
        var rule: Rule
        /// How many blocks were open when the rule began.
        var depth: Int
    }

    private enum Rule {
        case importing(awaitsURL: Bool)
        case fontFace
        /// `@charset` and `@layer a, b;`, which may stand before `@import`.
        case leading
        case other
    }

    /// - Parameter declarations: the text is the inside of a block (a `style` attribute), not a sheet.
    init(_ bytes: [UInt8], in range: Range<Int>, declarations: Bool, outer: [Reference.Notation]) {
        tokens = CSSTokenizer(bytes, in: range)
        openBraces = declarations ? 1 : 0
        self.outer = outer
    }

    mutating func run() -> Reading {
        while let token = tokens.next() { take(token) }
        reading.faults = (reading.faults + tokens.faults).sorted { $0.offset < $1.offset }
        if let sourceMap {
            let target = String(decoding: tokens.bytes[sourceMap], as: UTF8.self)
            reading.insert(Reference(span: sourceMap, target: target, role: .sourceMap, notation: [.comment] + outer))
        }
        return reading
    }

    private mutating func take(_ token: CSSToken) {
        var startsRule = false
        switch token.kind {
        case .comment:
            sourceMap = SourceMapComment.url(in: tokens.bytes, content: token.value) ?? sourceMap
            return
        case .pageComment:
            return
        case .url:
            report(token.value, depth: open.count, .cssURL)
        case .string:
            takeString(token)
        case .function:
            let strings = strings(of: token.value)
            if strings != .firstIsURL { passImport() }
            push(closer: .closeParenthesis, strings: strings)
        case .openParenthesis:
            passImport()
            push(closer: .closeParenthesis)
        case .openBracket:
            passImport()
            push(closer: .closeBracket)
        case .openBrace:
            openBlock()
            startsRule = true
        case .closeBrace:
            close(.closeBrace)
            startsRule = true
        case .closeParenthesis, .closeBracket:
            close(token.kind)
        case .semicolon:
            endPrelude()
            startsRule = true
        case .atKeyword:
            if self.startsRule, prelude == nil { startPrelude(token) }
        case .other:
            passImport()
        }
        self.startsRule = startsRule
    }

    // MARK: Blocks

    private mutating func push(closer: CSSToken.Kind, strings: Strings = .text) {
        open.append(Frame(closer: closer, strings: strings, holdsFonts: open.last?.holdsFonts ?? false))
    }

    /// A closer that is not the innermost one's is a token like any other (css-syntax-3 §5.4.9).
    private mutating func close(_ kind: CSSToken.Kind) {
        guard let last = open.last, last.closer == kind else { return }
        open.removeLast()
        guard kind == .closeBrace else { return }
        openBraces -= 1
        if let prelude, prelude.depth > open.count { self.prelude = nil }
    }

    private mutating func openBlock() {
        var holdsFonts = false
        if let prelude, prelude.depth == open.count {
            if case .fontFace = prelude.rule { holdsFonts = true }
            self.prelude = nil
        }
        if open.isEmpty { isPastImports = true }
        open.append(Frame(closer: .closeBrace, strings: .text, holdsFonts: holdsFonts))
        openBraces += 1
    }

    private func strings(of function: Range<Int>) -> Strings {
        for word in ["url", "src", "image"] as [StaticString] where CSSEscapes.name(tokens.bytes, function, is: word) {
            return .firstIsURL
        }
        for word in ["image-set", "-webkit-image-set"] as [StaticString] where CSSEscapes.name(tokens.bytes, function, is: word) {
            return .areURLs
        }
        return .text
    }

    // MARK: At-rules

    private mutating func startPrelude(_ token: CSSToken) {
        let isTop = open.isEmpty && openBraces == 0
        var rule = Rule.other
        if isTop, isNamed(token, "import") {
            rule = .importing(awaitsURL: true)
            if isPastImports { reading.fault(at: token.span.lowerBound, "@import after other rules is ignored by browsers") }
        } else if isNamed(token, "font-face") {
            rule = .fontFace
        } else if isTop, isNamed(token, "charset") || isNamed(token, "layer") {
            rule = .leading
        }
        prelude = Prelude(rule: rule, depth: open.count)
    }

    private mutating func endPrelude() {
        guard let prelude, prelude.depth == open.count else { return }
        if case .other = prelude.rule, open.isEmpty { isPastImports = true }
        self.prelude = nil
    }

    private func isNamed(_ token: CSSToken, _ word: StaticString) -> Bool {
        CSSEscapes.name(tokens.bytes, token.value, is: word)
    }

    // MARK: References

    private mutating func takeString(_ token: CSSToken) {
        let notation = Reference.Notation.cssString(quote: tokens.bytes[token.span.lowerBound])
        switch open.last?.strings {
        case .firstIsURL:
            open[open.count - 1].strings = .text
            report(token.value, depth: open.count - 1, notation)
        case .areURLs:
            report(token.value, depth: open.count - 1, notation)
        case .text, nil:
            if case .importing = prelude?.rule { report(token.value, depth: open.count, notation) }
        }
    }

    /// - Parameter depth: how many blocks and functions are open around the string or `url(…)`.
    private mutating func report(_ span: Range<Int>, depth: Int, _ notation: Reference.Notation) {
        let role: Reference.Role
        if let prelude {
            guard case .importing(awaitsURL: true) = prelude.rule, prelude.depth == depth else { return }
            passImport()
            role = .styleSheet
        } else {
            guard openBraces > 0 else { return }
            role = open.last?.holdsFonts == true ? .font : .image
        }
        reading.references.append(
            Reference(span: span, target: CSSEscapes.text(tokens.bytes, span), role: role, notation: [notation] + outer))
    }

    /// The first thing after `@import` has been read: what follows are layers and conditions.
    private mutating func passImport() {
        if case .importing = prelude?.rule { prelude?.rule = .importing(awaitsURL: false) }
    }
}
