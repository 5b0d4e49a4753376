/// The candidates of `srcset` (HTML §4.8.4.3.5, "parse a srcset attribute").
enum SourceSet {
    /// The URL of each candidate, in order.
    static func urls(in bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var urls: [Range<Int>] = []
        var position = range.lowerBound
        let end = range.upperBound
        while true {
            while position < end, [UInt8].isSpace(bytes[position]) || bytes[position] == UInt8(ascii: ",") { position += 1 }
            guard position < end else { return urls }
            let start = position
            while position < end, ![UInt8].isSpace(bytes[position]) { position += 1 }
            var urlEnd = position
            while urlEnd > start, bytes[urlEnd - 1] == UInt8(ascii: ",") { urlEnd -= 1 }
            urls.append(start..<urlEnd)
            // A comma right behind the URL: no descriptors.
            if urlEnd == position { position = endOfDescriptors(bytes, from: position, before: end) }
        }
    }

    /// Behind the comma that ends a candidate; commas in parentheses do not.
    private static func endOfDescriptors(_ bytes: [UInt8], from start: Int, before end: Int) -> Int {
        var position = start
        var isInParentheses = false
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "("): isInParentheses = true
            case UInt8(ascii: ")"): isInParentheses = false
            case UInt8(ascii: ",") where !isInParentheses: return position + 1
            default: break
            }
            position += 1
        }
        return end
    }
}

/// `<meta http-equiv=refresh content="5; url=next.html">` (HTML §4.2.5.3, "shared declarative refresh steps").
enum Refresh {
    /// Where the URL stands; nil: the page reloads itself.
    static func url(in bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
        var position = range.lowerBound
        let end = range.upperBound
        func skip(_ belongs: (UInt8) -> Bool) { while position < end, belongs(bytes[position]) { position += 1 } }
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".") }
        skip([UInt8].isSpace)
        let digits = position
        skip(isDigit)
        guard position > digits, position < end else { return nil }
        let isSeparator = { (byte: UInt8) in byte == UInt8(ascii: ";") || byte == UInt8(ascii: ",") }
        guard isSeparator(bytes[position]) || [UInt8].isSpace(bytes[position]) else { return nil }
        skip([UInt8].isSpace)
        if position < end, isSeparator(bytes[position]) { position += 1 }
        skip([UInt8].isSpace)
        guard position < end else { return nil }
        let start = position
        if end - position >= 3, bytes[position..<position + 3].map({ $0 | 0x20 }).elementsEqual("url".utf8) {
            position += 3
            skip([UInt8].isSpace)
            if position < end, bytes[position] == UInt8(ascii: "=") {
                position += 1
                skip([UInt8].isSpace)
            } else {
                position = start
            }
        }
        guard position < end else { return nil }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return bytes.trimmed(position..<end) }
        let close = bytes[(position + 1)..<end].firstIndex(of: quote) ?? end
        return bytes.trimmed(position + 1..<close)
    }
}
