import Foundation
import Glibc

/// A frame as RFC 6455 §5.2 has it, unmasked.
struct WebSocketFrame: Equatable, Sendable {
    static let (continuation, text, binary, close, ping, pong): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 1, 2, 8, 9, 10)

    var opcode: UInt8
    var payload: [UInt8]
    var isFinal = true

    static func closing(_ code: UInt16) -> WebSocketFrame { WebSocketFrame(opcode: close, payload: [UInt8(code >> 8), UInt8(code & 255)]) }

    /// - Parameter mask: nil: as a server sends it.
    func bytes(mask: [UInt8]?) -> [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | opcode]
        let flag: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(flag | UInt8(payload.count))
        case ..<65_536: bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [flag | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

/// A WebSocket that speaks frames and never tries again. Blocks; belongs to one thread.
final class WebSocketClient {
    static let mask: [UInt8] = [0x5a, 0x11, 0xe7, 0x03]
    let connection: Client

    init(port: UInt16, path: String) throws {
        connection = try Client(port: port)
        try connection.ask(
            path, ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
        let answer = try connection.answer(path)
        guard answer.status == 101 else { throw ClientError(description: "\(path): status \(answer.status)") }
    }

    func send(_ frame: WebSocketFrame) throws { try connection.write(frame.bytes(mask: Self.mask)) }

    /// The next frame; an end in the middle of one is an error like any other.
    func receive() throws -> WebSocketFrame {
        let head = try connection.take(2)
        if head[1] & 0x80 != 0 { throw ClientError(description: "a server's frame with a mask") }
        var count = Int(head[1])
        if count > 125 { count = try connection.take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        return WebSocketFrame(opcode: head[0] & 0x0f, payload: try connection.take(count), isFinal: head[0] & 0x80 != 0)
    }

    /// Whether nothing comes any more, and the connection was ended, not broken.
    func isAtEnd() -> Bool {
        do {
            _ = try connection.take(1)
            return false
        } catch { return "\(error)".hasSuffix("closed") }
    }
}
