/// Text taken out of a notation that hides characters (character references), with the way back to where each byte stood.
///
/// A style attribute may say `url(&quot;a.png&quot;)`: what reads style sheets must see the quotes, and an edit must hit the
/// bytes of the file.
struct MappedText {
    private(set) var bytes: [UInt8] = []
    /// For each byte of the text the offset in the file where the character that it belongs to begins.
    private var offsets: [Int] = []
    private var end: Int
    /// Where references without their `;` end.
    private var openEnds: [Int] = []

    static let openReference = "a character reference without its ; stands before the URL"

    /// - Parameter name: the text of a named reference, given without `&` and `;`; nil: there is none, it stands for itself.
    init(_ file: [UInt8], _ range: Range<Int>, name: (Range<Int>) -> [UInt8]?) {
        end = range.upperBound
        bytes.reserveCapacity(range.count)
        offsets.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            if file[position] == UInt8(ascii: "&"),
                let reference = CharacterReference(file, at: position, before: range.upperBound, name: name)
            {
                for byte in reference.text {
                    bytes.append(byte)
                    offsets.append(position)
                }
                position = reference.end
                if file[position - 1] != UInt8(ascii: ";") { openEnds.append(position) }
            } else {
                bytes.append(file[position])
                offsets.append(position)
                position += 1
            }
        }
    }

    /// The bytes of the file that a part of the text was written with.
    /// - Returns: nil where a reference without its `;` stands before it: `&quot` and then `b.css` is no quote any more (HTML §13.2.5.73).
    func span(of part: Range<Int>) -> Range<Int>? {
        let start = offset(part.lowerBound)
        return openEnds.contains(start) ? nil : start..<offset(part.upperBound)
    }

    private func offset(_ index: Int) -> Int { index < offsets.count ? offsets[index] : end }

    /// What a reader found in the text, as if it had read the file.
    func placed(_ reading: Reading) -> Reading {
        var placed = reading
        for index in placed.faults.indices { placed.faults[index].offset = offset(placed.faults[index].offset) }
        placed.references = reading.references.compactMap { reference in
            guard let span = span(of: reference.span) else {
                placed.faults.note(at: offset(reference.span.lowerBound), Self.openReference)
                return nil
            }
            var reference = reference
            reference.span = span
            return reference
        }
        return placed
    }
}

/// `&amp;`, `&#38;`, `&#x26;`, as they are read in attributes: a name goes as far as letters and digits do, so that
/// `&copy=` and `&notit;` stand for themselves (HTML §13.2.5.73).
struct CharacterReference {
    var text: [UInt8]
    var end: Int

    /// Nil: the ampersand stands for itself.
    init?(_ bytes: [UInt8], at offset: Int, before end: Int, name: (Range<Int>) -> [UInt8]?) {
        let start = offset + 1
        guard start < end else { return nil }
        if bytes[start] == UInt8(ascii: "#") {
            guard let number = Self.number(bytes, from: start + 1, before: end) else { return nil }
            text = []
            text.append(codePoint: Self.scalar(number.value))
            self.end = number.end
        } else {
            var position = start
            while position < end, Self.isAlphanumeric(bytes[position]) { position += 1 }
            let isClosed = position < end && bytes[position] == UInt8(ascii: ";")
            guard position > start, position - start < 40 else { return nil }
            if !isClosed, position < end, bytes[position] == UInt8(ascii: "=") { return nil }
            guard let found = name(start..<(isClosed ? position + 1 : position)) else { return nil }
            text = found
            self.end = isClosed ? position + 1 : position
        }
    }

    private static func number(_ bytes: [UInt8], from start: Int, before end: Int) -> (value: UInt32, end: Int)? {
        var position = start
        let isHexadecimal = position < end && bytes[position] | 0x20 == UInt8(ascii: "x")
        if isHexadecimal { position += 1 }
        let digits = position
        var value: UInt32 = 0
        while position < end, let digit = hexadecimalValue(bytes[position]), isHexadecimal || digit < 10 {
            value = min(value * (isHexadecimal ? 16 : 10) + digit, 0x11_0000)
            position += 1
        }
        guard position > digits else { return nil }
        return (value, position < end && bytes[position] == UInt8(ascii: ";") ? position + 1 : position)
    }

    /// NUL, surrogates and what is too big become U+FFFD where they are written; windows-1252's places from 0x80 on, which
    /// HTML reads as that encoding does, name no file and are left as they are.
    private static func scalar(_ value: UInt32) -> UInt32 { value == 0 ? 0xFFFD : value }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
