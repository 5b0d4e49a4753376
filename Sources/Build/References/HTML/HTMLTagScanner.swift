/// Gives the tags of a page in order, knowing comments and quotes and nothing of the tree.
struct HTMLTagScanner {
    struct Tag {
        var offset: Int
        /// `HTMLTagScanner.key` of the name.
        var name: UInt64
        var isEnd: Bool
        var isSelfClosing: Bool
        fileprivate var end: Int
        fileprivate var nameSpan: Range<Int>
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func next() -> Tag? {
        while let start = find(UInt8(ascii: "<")) {
            position = start + 1
            guard position < bytes.count else { return nil }
            let first = bytes[position]
            if first == UInt8(ascii: "!") {
                skipDeclaration()
            } else if first == UInt8(ascii: "/"), position + 1 < bytes.count, Self.isLetter(bytes[position + 1]) {
                position += 1
                return tag(from: start, isEnd: true)
            } else if Self.isLetter(first) {
                return tag(from: start, isEnd: false)
            }
        }
        return nil
    }

    /// A number for all that a tag says.
    func likeness(of tag: Tag) -> UInt64 { Self.key(bytes[tag.nameSpan.lowerBound..<tag.end]) }

    /// Goes behind the text of an element that holds no markup: to its end tag, or the end of the file.
    mutating func skipText(of tag: Tag) {
        let name = tag.nameSpan
        while let start = find(UInt8(ascii: "<")) {
            position = start + 1
            let end = start + 2 + name.count
            guard end < bytes.count else { continue }
            guard bytes[start + 1] == UInt8(ascii: "/"), !Self.isName(bytes[end]) else { continue }
            if zip(bytes[(start + 2)..<end], bytes[name]).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                position = end
                return
            }
        }
        position = bytes.count
    }

    private func find(_ byte: UInt8) -> Int? {
        bytes[position...].firstIndex(of: byte)
    }

    /// A comment ends at `-->` or `--!>`, or at once with `<!-->`; anything else at `>`.
    private mutating func skipDeclaration() {
        guard position + 2 < bytes.count, bytes[position + 1] == UInt8(ascii: "-"), bytes[position + 2] == UInt8(ascii: "-") else {
            position = find(UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
            return
        }
        let text = position + 3
        position = text
        while let close = find(UInt8(ascii: ">")) {
            position = close + 1
            let inside = bytes[text..<close]
            if inside.isEmpty || inside.elementsEqual("-".utf8) { return }
            if inside.suffix(2).elementsEqual("--".utf8) || inside.suffix(3).elementsEqual("--!".utf8) { return }
        }
        position = bytes.count
    }

    private mutating func tag(from start: Int, isEnd: Bool) -> Tag {
        let nameStart = position
        while position < bytes.count, Self.isName(bytes[position]) { position += 1 }
        let name = nameStart..<position
        var isSelfClosing = false
        // A quote counts as one only at the start of a value.
        var isAfterEquals = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: ">") { break }
            if isAfterEquals, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                position = find(byte).map { $0 + 1 } ?? bytes.count
            }
            isSelfClosing = byte == UInt8(ascii: "/")
            isAfterEquals = byte == UInt8(ascii: "=") || (isAfterEquals && [UInt8].isSpace(byte))
        }
        return Tag(
            offset: start, name: Self.key(bytes[name]), isEnd: isEnd, isSelfClosing: isSelfClosing,
            end: position, nameSpan: name)
    }

    /// A number for a name, whatever its case (FNV-1a): names are compared once for every tag of a page.
    static func key(_ name: some Sequence<UInt8>) -> UInt64 {
        name.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64(lowered($1))) &* 0x100_0000_01B3 }
    }

    static func key(_ name: String) -> UInt64 { key(name.utf8) }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

    private static func isName(_ byte: UInt8) -> Bool {
        ![UInt8].isSpace(byte) && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "/")
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
