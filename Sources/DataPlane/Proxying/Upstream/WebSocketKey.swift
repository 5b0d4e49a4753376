import Crypto

/// What proves that a server has understood an opening handshake (RFC 6455 §1.3): made where a WebSocket comes over HTTP/2, which has
/// no such field (RFC 8441 §5).
struct WebSocketKey {
    private static let suffix = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// As the field has it.
    let text: [UInt8]

    /// - Parameter random: a number from 0 to below the bound it is given.
    init(random: (Int) -> Int) {
        text = Self.base64((0..<16).map { _ in UInt8(truncatingIfNeeded: random(256)) })
    }

    /// What the server's `Sec-WebSocket-Accept` has to be.
    var answer: [UInt8] { Self.base64(Array(Insecure.SHA1.hash(data: text + Self.suffix))) }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 { text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "=")) }
        }
        return text
    }
}
