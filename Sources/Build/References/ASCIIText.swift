extension [UInt8] {
    /// The range without white space (space, tab, newlines) at either end, as URL parsers strip it.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, Self.isSpace(self[start]) { start += 1 }
        while end > start, Self.isSpace(self[end - 1]) { end -= 1 }
        return start..<end
    }

    /// HTML's ASCII white space.
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D || byte == 0x0C
    }
}

/// Whether an address can name a file at all. Pages are full of the others, and some (`data:`) are long.
func canNameFile(_ target: String) -> Bool {
    guard let first = target.utf8.first, first != UInt8(ascii: "#") else { return false }
    let start = target.utf8.prefix(11).map { $0 | 0x20 }
    return !start.starts(with: "data:".utf8) && !start.elementsEqual("javascript:".utf8) && !start.starts(with: "about:".utf8)
}
