/// A piece of an XML text.
enum XMLToken {
    struct Attribute {
        var name: Range<Int>
        /// The value without its quotes.
        var value: Range<Int>
        var quote: UInt8
    }

    case start(name: Range<Int>, attributes: [Attribute], isEmpty: Bool)
    case end(name: Range<Int>)
    /// Text with character references.
    case text(Range<Int>)
    /// The inside of a CDATA section: every byte means itself.
    case characterData(Range<Int>)
    /// `<?target …?>`: the text behind the target.
    case instruction(target: Range<Int>, content: Range<Int>)
}
