import HTTPEngine

/// Which trace a request belongs to, as `traceparent` says it (W3C Trace Context, level 1 §3.2): what a client sends goes on unchanged,
/// since nothing is recorded here, and where it sends none, or one that cannot be read, a trace begins.
///
/// ```
///  00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
///  version, trace, parent, flags
/// ```
enum TraceParent {
    private static let count = 55

    /// Whether it can be read: later versions may be longer.
    static func isValid(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard value.count >= count, value[2] == 0x2d, value[35] == 0x2d, value[52] == 0x2d else { return false }
        for index in 0..<count where index != 2 && index != 35 && index != 52 {
            let byte = value[index]
            guard byte &- 0x30 < 10 || byte &- 0x61 < 6 else { return false }
        }
        if value[0] == UInt8(ascii: "f"), value[1] == UInt8(ascii: "f") { return false }
        let isFirst = value[0] == 0x30 && value[1] == 0x30
        guard value.count == count || (!isFirst && value[count] == 0x2d) else { return false }
        return !isZero(value[3..<35]) && !isZero(value[36..<52])
    }

    private static func isZero(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Bool { digits.allSatisfy { $0 == 0x30 } }

    /// Begins a trace: nobody has asked that it be recorded.
    /// - Parameter random: a number from 0 to below the bound it is given.
    static func begin(in block: ByteBlock, random: (Int) -> Int) {
        block.add("traceparent: 00-")
        for index in 0..<3 {
            if index == 2 { block.add(byte: 0x2d) }
            // One bit is always set: all zeros mean that there is none.
            add(UInt64(random(.max)) &* 2 | 1, to: block)
        }
        block.add("-00\r\n")
    }

    private static func add(_ value: UInt64, to block: ByteBlock) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            block.add(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
