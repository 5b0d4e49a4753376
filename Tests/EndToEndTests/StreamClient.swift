import Glibc

/// One HTTP/2 connection without TLS (RFC 9113 section 3.3) that asks on one stream after the other. Answers nothing that the server
/// asks, its pings among them. Blocks; belongs to one thread.
final class StreamClient {
    private let client: Client
    private var stream: UInt32 = 1

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// GET http://shop.test/ by indexes of the static table (RFC 7541 appendix A), the authority as a literal.
    private static let block: [UInt8] = [0x82, 0x86, 0x84, 0x41, 9] + Array("shop.test".utf8)
    private static let data: UInt8 = 0
    private static let resetStream: UInt8 = 3

    init(port: UInt16) throws {
        client = try Client(port: port)
        try client.write(Self.preface + Self.frame(kind: 4, flags: 0, stream: 0, []))
    }

    private static func frame(kind: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), kind, flags]
            + withUnsafeBytes(of: stream.bigEndian, Array.init) + payload
    }

    /// The body of the answer.
    func get(_ target: String) throws -> String {
        precondition(target == "/", "the block names the root")
        let mine = stream
        stream += 2
        // END_STREAM and END_HEADERS.
        try client.write(Self.frame(kind: 1, flags: 5, stream: mine, Self.block))
        var body: [UInt8] = []
        while true {
            let head = try client.take(9)
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let number = UInt32(head[5]) << 24 | UInt32(head[6]) << 16 | UInt32(head[7]) << 8 | UInt32(head[8])
            let payload = try client.take(length)
            guard number == mine else { continue }
            if head[3] == Self.resetStream { throw ClientError(description: "stream \(mine) was reset") }
            if head[3] == Self.data { body += payload }
            if head[4] & 1 != 0 { return String(decoding: body, as: UTF8.self) }
        }
    }
}
