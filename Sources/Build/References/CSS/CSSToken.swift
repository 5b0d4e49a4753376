/// A token of a style sheet (css-syntax-3 §4), as far as a reader of references needs to tell tokens apart.
struct CSSToken {
    var kind: Kind
    /// The name of an at-rule or function, the text of a string, URL or comment: without what delimits it.
    var value: Range<Int>
    /// The whole token.
    var span: Range<Int>

    enum Kind {
        case comment
        /// `url(…)` without quotes.
        case url
        case string
        /// `name(`.
        case function
        /// `@name`.
        case atKeyword
        case semicolon
        case openBrace, closeBrace
        case openBracket, closeBracket
        case openParenthesis, closeParenthesis
        /// `<!--` and `-->`, which old pages put around style sheets and which mean nothing there.
        case pageComment
        /// What no reference can consist of: identifiers, numbers, hashes, delimiters.
        case other
    }
}
