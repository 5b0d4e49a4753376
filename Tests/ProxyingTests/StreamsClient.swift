import Glibc

@testable import Proxying

/// One connection of HTTP/2 by prior knowledge, which asks for one path many times at once.
final class StreamsClient {
    private let connection: RawConnection
    private(set) var statuses: [Int] = []
    /// Streams that were reset, or whose end came.
    private var over = 0
    private(set) var resets = 0

    init(port: UInt16) {
        connection = RawConnection(port: port)
        connection.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
    }

    /// `GET` on so many streams.
    func ask(_ path: String, times: Int, from first: Int = 0) {
        // :method GET, :scheme http (RFC 7541, Appendix A), then path and authority as literals.
        let block = [0x82, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x01, 0x01, 0x68]
        var frames: [UInt8] = []
        for number in first..<first + times {
            let stream = UInt32(number * 2 + 1)
            frames += [0, 0, UInt8(block.count), 1, 5] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + block
        }
        connection.send(frames)
    }

    func leave() { connection.leave() }

    /// Reads until so many streams are over, or nothing comes.
    func read(_ count: Int) {
        while over < count {
            let head = connection.read(9)
            guard head.count == 9 else { return }
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = connection.read(length)
            if head[3] == 1, let status = Self.status(payload) { statuses.append(status) }
            if head[3] == 3 { resets += 1 }
            if head[3] == 3 || (head[3] < 2 && head[4] & 1 != 0) { over += 1 }
        }
    }

    /// `:status` by its index in the static table, or its digits.
    private static func status(_ payload: [UInt8]) -> Int? {
        let block = payload.first == 0x20 ? payload.dropFirst() : payload[...]
        guard let first = block.first else { return nil }
        switch first {
        case 0x88...0x8e: return [200, 204, 206, 304, 400, 404, 500][Int(first) - 0x88]
        case 0x08, 0x48: return Int(String(decoding: block.dropFirst(2).prefix(3), as: UTF8.self))
        default: return nil
        }
    }
}
