/// What a header block can be wrong in. Each is a connection error COMPRESSION_ERROR (RFC 9113 §4.3): the tables of both
/// sides can no longer agree.
package enum HPACKError: Error, Hashable, Sendable {
    /// The block ends in the middle of something.
    case truncated
    /// An integer over any bound that could be meant, by value or by its count of bytes (RFC 7541 §5.1).
    case integerTooLarge
    case badHuffmanString
    /// Zero, or beyond both tables (RFC 7541 §2.3.3, §6.1).
    case badIndex
    /// Above what our settings allow (RFC 7541 §6.3).
    case tableTooLarge
    /// A size update after a field (RFC 7541 §4.2).
    case lateSizeUpdate
}

/// Reads integers and strings of a header block (RFC 7541 §5).
struct HPACKReader {
    private let base: UnsafePointer<UInt8>
    private let count: Int
    private(set) var at = 0

    init(_ base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        self.count = count
    }

    var isAtEnd: Bool { at == count }

    /// The byte that begins the next instruction or string.
    /// - Precondition: not at the end.
    @inline(__always)
    var byte: UInt8 { base[at] }

    /// An integer whose prefix is the low `prefix` bits of the next byte. Nothing here is larger than a header block, so four
    /// bytes behind the prefix are enough; more of them could only be zeros that waste our time.
    @inline(__always)
    mutating func integer(prefix: Int) throws(HPACKError) -> Int {
        guard at < count else { throw .truncated }
        let mask = (1 << prefix) - 1
        let first = Int(base[at]) & mask
        at += 1
        if first < mask { return first }
        return try longInteger(first)
    }

    private mutating func longInteger(_ first: Int) throws(HPACKError) -> Int {
        var value = first
        var shift = 0
        while true {
            guard at < count else { throw .truncated }
            let byte = base[at]
            at += 1
            value += Int(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
            if shift > 21 { throw .integerTooLarge }
        }
    }

    /// A string, decoded.
    /// - Parameter output: has room for `count * 8 / 5` bytes.
    /// - Returns: bytes written.
    @inline(__always)
    mutating func string(into output: UnsafeMutablePointer<UInt8>) throws(HPACKError) -> Int {
        guard at < count else { throw .truncated }
        let isHuffman = base[at] >= 128
        let length = try integer(prefix: 7)
        guard length <= count - at else { throw .truncated }
        let start = base + at
        at += length
        if isHuffman {
            guard let written = HuffmanCode.shared.decode(start, count: length, into: output) else { throw .badHuffmanString }
            return written
        }
        output.update(from: start, count: length)
        return length
    }
}
