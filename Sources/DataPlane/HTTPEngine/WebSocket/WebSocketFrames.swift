/// Follows one direction of a WebSocket that only passes through: where its frames end, and whether a close frame was among them
/// (RFC 6455 §5.2). Payloads are skipped by their length, so a large frame costs what a small one does.
///
/// ```
///  ┌ byte 0 ─────────┬ byte 1 ──────────────┬ 0, 2 or 8 bytes ─┬ 0 or 4 ────┬ ────────
///  │ FIN RSV  opcode │ MASK  length, or     │ length           │ mask       │ payload
///  │                 │ 126: 16, 127: 64 bit │                  │            │
///  └─────────────────┴──────────────────────┴──────────────────┴────────────┴ ────────
/// ```
/// What the two sides may say to each other is theirs to judge: reserved opcodes, long control frames and missing masks have a
/// length like all others. Only a length that no frame can have (§5.2: its first bit is 0) leaves nothing to follow.
package struct WebSocketFrames: Hashable, Sendable {
    /// Bytes of the current head that have come.
    private var headCount = 0
    /// Bytes of it that carry the length, behind the first two.
    private var lengthCount = 0
    private var isMasked = false
    /// Of the payload, as far as it was read.
    private var length: UInt64 = 0
    private var isClose = false
    /// Bytes of the payload that are to come.
    private var left: UInt64 = 0
    /// Whether a close frame has begun.
    package private(set) var hasCloseBegun = false
    /// Whether a close frame has come whole: its sender says nothing more (RFC 6455 §5.5.1), and what comes is not looked at.
    package private(set) var isClosed = false
    /// Whether a frame's length cannot be one: where the next begins is not known any more.
    package private(set) var isLost = false

    package init() {}

    /// Whether the next byte begins a frame.
    package var isAtBoundary: Bool { headCount == 0 && left == 0 && !isLost }

    /// Where to look no further.
    package enum Stop: Hashable, Sendable {
        case nowhere
        /// At the first end of a frame.
        case atBoundary
        /// In front of a close frame.
        case beforeClose
    }

    /// Takes bytes as they come.
    /// - Returns: how many were looked at.
    package mutating func follow(_ bytes: UnsafeRawBufferPointer, stop: Stop = .nowhere) -> Int {
        var at = 0
        while at < bytes.count {
            if isLost || isClosed { return bytes.count }
            if stop == .beforeClose, isAtBoundary, bytes[at] & 0x0f == WebSocketClose.opcode { return at }
            if left > 0 {
                let take = Int(min(left, UInt64(bytes.count - at)))
                left -= UInt64(take)
                at += take
            } else {
                takeHead(bytes[at])
                at += 1
            }
            guard isAtBoundary else { continue }
            if isClose { isClosed = true }
            if stop == .atBoundary { return at }
        }
        return at
    }

    private mutating func takeHead(_ byte: UInt8) {
        switch headCount {
        case 0: isClose = byte & 0x0f == WebSocketClose.opcode
        case 1:
            isMasked = byte & 0x80 != 0
            let short = byte & 0x7f
            lengthCount = short == 126 ? 2 : short == 127 ? 8 : 0
            length = lengthCount == 0 ? UInt64(short) : 0
        case 2..<(2 + lengthCount):
            if lengthCount == 8, headCount == 2, byte & 0x80 != 0 { isLost = true }
            length = length << 8 | UInt64(byte)
        // The mask, which is for those who read the payload.
        default: break
        }
        headCount += 1
        guard headCount == 2 + lengthCount + (isMasked ? 4 : 0), headCount > 1 else { return }
        headCount = 0
        left = length
        if isClose { hasCloseBegun = true }
    }
}
