/// The frame that says that an endpoint goes away (RFC 6455 §5.5.1, §7.4.1): status 1001, without words.
package enum WebSocketClose {
    static let opcode: UInt8 = 0x8
    private static let goingAway: [UInt8] = [0x03, 0xe9]

    /// As a server sends it.
    package static let toClient: [UInt8] = [0x80 | opcode, 2] + goingAway

    /// As a client sends it (RFC 6455 §5.3).
    /// - Parameter mask: random, fresh for each frame.
    package static func toServer(mask: UInt32) -> [UInt8] {
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32($0))) }
        return [0x80 | opcode, 0x80 | 2] + key + zip(goingAway, key).map { $0 ^ $1 }
    }
}
