/// Writes numbers and texts one after the other, little-endian, texts with their length before them.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ value: some FixedWidthInteger) {
        var word = UInt64(truncatingIfNeeded: value)
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
        }
    }

    mutating func small(_ value: Int) {
        precondition(value >= 0 && value <= Int(UInt32.max))
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func data(_ value: [UInt8]) {
        small(value.count)
        bytes += value
    }

    mutating func text(_ value: String) {
        small(value.utf8.count)
        bytes += value.utf8
    }

    mutating func optional<Value>(_ value: Value?, _ body: (inout RecordWriter, Value) -> Void) {
        flag(value != nil)
        if let value { body(&self, value) }
    }
}

/// Reads what `RecordWriter` wrote. Anything else ends in `Damage`, never in a crash: the file lies where anybody may write.
struct RecordReader {
    struct Damage: Error {}

    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { at == bytes.count }

    mutating func number() throws(Damage) -> UInt64 {
        guard bytes.count - at >= 8 else { throw Damage() }
        var word: UInt64 = 0
        for offset in 0..<8 { word |= UInt64(bytes[at + offset]) << UInt64(8 * offset) }
        at += 8
        return word
    }

    mutating func signed() throws(Damage) -> Int64 { Int64(bitPattern: try number()) }

    mutating func small() throws(Damage) -> Int {
        guard bytes.count - at >= 4 else { throw Damage() }
        var value = 0
        for offset in 0..<4 { value |= Int(bytes[at + offset]) << (8 * offset) }
        at += 4
        return value
    }

    /// A number of things that each take at least a byte: so a damaged one cannot ask for all memory.
    mutating func count() throws(Damage) -> Int {
        let value = try small()
        guard value <= bytes.count - at else { throw Damage() }
        return value
    }

    mutating func flag() throws(Damage) -> Bool {
        guard at < bytes.count, bytes[at] <= 1 else { throw Damage() }
        defer { at += 1 }
        return bytes[at] == 1
    }

    mutating func data() throws(Damage) -> [UInt8] {
        let count = try count()
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    mutating func text() throws(Damage) -> String {
        let count = try count()
        defer { at += count }
        guard let text = String(validating: bytes[at..<at + count], as: UTF8.self) else { throw Damage() }
        return text
    }

    mutating func optional<Value>(_ body: (inout RecordReader) throws(Damage) -> Value) throws(Damage) -> Value? {
        try flag() ? try body(&self) : nil
    }
}
