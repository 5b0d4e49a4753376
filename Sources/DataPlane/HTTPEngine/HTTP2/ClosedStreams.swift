/// The last streams that ended, and how: what a late frame on one of them means depends on it (RFC 9113 §5.1). Older ones
/// are forgotten, which the section allows.
struct ClosedStreams {
    enum End: UInt8 {
        /// The peer had sent all of it: nothing more can be on its way.
        case ended
        /// By the peer's RST_STREAM: likewise.
        case resetByPeer
        /// By ours: what the peer sent before it heard of it is passed over.
        case resetByUs
    }

    private static let count = 64
    private var ids = InlineArray<64, UInt32>(repeating: 0)
    private var ends = InlineArray<64, End>(repeating: .ended)

    @inline(__always)
    mutating func add(_ id: UInt32, _ end: End) {
        // Streams of one connection differ by two.
        let slot = Int(id >> 1) & (Self.count - 1)
        ids[slot] = id
        ends[slot] = end
    }

    func end(of id: UInt32) -> End? {
        let slot = Int(id >> 1) & (Self.count - 1)
        return ids[slot] == id ? ends[slot] : nil
    }
}
