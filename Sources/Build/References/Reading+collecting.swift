extension Reading {
    mutating func fault(at offset: Int, _ message: String) {
        faults.note(at: offset, message)
    }

    /// Adds what was found out of turn: the comment that names the source map is known only when the file has ended.
    mutating func insert(_ reference: Reference) {
        let place = references.lastIndex { $0.span.lowerBound < reference.span.lowerBound }.map { $0 + 1 } ?? 0
        references.insert(reference, at: place)
    }
}

extension [Reading.Fault] {
    /// A file that is no style sheet or script at all must not yield a fault for each of its lines.
    mutating func note(at offset: Int, _ message: String) {
        guard count < 20 else { return }
        append(Reading.Fault(offset: offset, message: message))
    }
}

/// Byte order marks. UTF-8's is skipped; in UTF-16 the bytes of ASCII characters are not alone, so nothing can be read.
enum ByteOrderMark {
    static func startsUTF16(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
        guard range.lowerBound == 0, range.count >= 2 else { return false }
        return (bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)
    }

    /// Where the text starts.
    static func end(_ bytes: [UInt8], in range: Range<Int>) -> Int {
        let start = range.lowerBound
        guard start == 0, range.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF else { return start }
        return 3
    }
}
