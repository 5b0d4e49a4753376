/// Frames as endpoints send them (RFC 6455 §5.2).
enum WebSocketFrameBytes {
    /// - Parameter mask: nil: as a server sends it.
    static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, mask: [UInt8]? = nil) -> [UInt8] {
        let count = payload.count
        var bytes = [(isFinal ? 0x80 : 0) | opcode]
        let masked: UInt8 = mask == nil ? 0 : 0x80
        switch count {
        case ..<126: bytes.append(masked | UInt8(count))
        case ..<65_536: bytes += [masked | 126, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        default: bytes += [masked | 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    static func text(_ count: Int, mask: [UInt8]? = nil) -> [UInt8] { frame(1, [UInt8](repeating: 0x61, count: count), mask: mask) }

    static func close(_ code: UInt16, mask: [UInt8]? = nil) -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)], mask: mask)
    }
}
