/// What the peer has told us about itself (RFC 9113 §6.5.2).
struct HTTP2Settings: Hashable, Sendable {
    enum Identifier {
        static let headerTableSize: UInt16 = 1
        static let enablePush: UInt16 = 2
        static let maximumStreams: UInt16 = 3
        static let initialWindow: UInt16 = 4
        static let maximumFrame: UInt16 = 5
        static let maximumFields: UInt16 = 6
        /// RFC 8441 §3.
        static let enableConnect: UInt16 = 8
        /// RFC 9218 §2.1.
        static let noPriorities: UInt16 = 9
    }

    static let largestWindow = 0x7fff_ffff

    /// Bytes of each new stream's window for our DATA.
    var initialWindow = 65_535
    /// Bytes of the largest payload the peer takes.
    var maximumFrame = 16_384
    /// Whether the peer keeps less than the usual table for fields: our next header block must say that we use none.
    var hasSmallTable = false
    /// Streams at once that the peer takes.
    var maximumStreams = Int.max

    /// Takes the values in order (RFC 9113 §6.5.3); unknown ones are passed over.
    /// - Parameter payload: a multiple of six bytes.
    /// - Throws: the connection error a value is.
    mutating func apply(_ payload: UnsafeBufferPointer<UInt8>) throws(HTTP2ErrorCode) {
        guard let base = payload.baseAddress else { return }
        for offset in stride(from: 0, to: payload.count, by: 6) {
            let value = Int(BigEndian.load32(base + offset + 2))
            switch BigEndian.load16(base + offset) {
            case Identifier.headerTableSize:
                if value < 4096 { hasSmallTable = true }
            case Identifier.enablePush, Identifier.enableConnect, Identifier.noPriorities:
                guard value <= 1 else { throw .protocolError }
            case Identifier.maximumStreams: maximumStreams = value
            case Identifier.initialWindow:
                guard value <= Self.largestWindow else { throw .flowControlError }
                initialWindow = value
            case Identifier.maximumFrame:
                guard (16_384...16_777_215).contains(value) else { throw .protocolError }
                maximumFrame = value
            default: break
            }
        }
    }
}
