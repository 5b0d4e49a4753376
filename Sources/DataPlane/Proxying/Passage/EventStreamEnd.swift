/// Where a stream of events can be ended without tearing one: behind an empty line, which is what completes an event (HTML Standard,
/// 9.2.6: lines end with CR LF, LF or CR). As a value: pieces in, where to end out.
///
/// Nothing but the last three bytes of each piece is looked at until the end was decided.
struct EventStreamEnd: Hashable, Sendable {
    /// The last three bytes, the newest lowest; at the beginning as if a line had ended twice.
    private var tail: UInt32 = 0x0a_0a_0a
    /// What is compressed has no lines: its pieces are as good a place as any.
    let isEncoded: Bool
    private(set) var isConcluding = false

    init(isEncoded: Bool) {
        self.isEncoded = isEncoded
    }

    /// Whether an event has just been completed, or none has begun.
    var isAtBoundary: Bool {
        if isEncoded { return true }
        let last = tail & 0xff
        guard last == 0x0a || last == 0x0d else { return false }
        // CR LF is one end of a line.
        let before = last == 0x0a && (tail >> 8) & 0xff == 0x0d ? tail >> 16 : tail >> 8
        return before & 0xff == 0x0a || before & 0xff == 0x0d
    }

    /// Its time is over.
    mutating func conclude() { isConcluding = true }

    /// - Returns: how many bytes of the piece are the last to be sent; nil: all of them, and it goes on.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> Int? {
        if !isConcluding {
            for byte in piece.suffix(3) { add(byte) }
            return nil
        }
        if isEncoded, !piece.isEmpty { return piece.count }
        for (index, byte) in piece.enumerated() {
            add(byte)
            if isAtBoundary { return index + 1 }
        }
        return nil
    }

    private mutating func add(_ byte: UInt8) { tail = (tail << 8 | UInt32(byte)) & 0xff_ff_ff }
}
