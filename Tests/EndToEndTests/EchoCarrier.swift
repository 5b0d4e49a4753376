import Glibc
import TestTLS

/// A socket that sends and receives at once, so that neither side ever waits for the other to read. Belongs to one thread.
final class DuplexSocket {
    private let descriptor: Int32
    private let tls: ClientTLS?
    private var pending: ArraySlice<UInt8> = []
    /// What has come and was not taken.
    var received: [UInt8] = []
    private(set) var isOver = false

    init(port: UInt16, tls protocols: [String]?) throws {
        descriptor = try connected(to: port, seconds: nil)
        tls = protocols.map { ClientTLS(protocols: $0) }
        tls?.shakeHands(descriptor)
    }

    deinit { close(descriptor) }

    /// Whether more may be given to it.
    var takesMore: Bool { pending.isEmpty }

    func send(_ bytes: some Collection<UInt8>) {
        if bytes.isEmpty { return }
        pending += tls?.encrypt(Array(bytes)) ?? Array(bytes)
    }

    /// Moves bytes in either direction; waits until some can be.
    func turn() throws {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN) | (pending.isEmpty ? 0 : Int16(POLLOUT)), revents: 0)
        guard poll(&watched, 1, 20_000) > 0 else {
            throw ClientError(description: "nothing moves for 20 s, \(received.count) bytes not taken, \(pending.count) not sent")
        }
        if watched.revents & Int16(POLLOUT) != 0 {
            let count = pending.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 { pending = pending.dropFirst(count) }
            if count < 0, errno != EAGAIN { pending = [] }
        }
        guard watched.revents & ~Int16(POLLOUT) != 0 else { return }
        if let tls {
            let (bytes, end) = tls.receive(descriptor)
            received += bytes
            if bytes.isEmpty, end != .nothing { isOver = true }
            return
        }
        var block = [UInt8](repeating: 0, count: 256 * 1024)
        let count = recv(descriptor, &block, block.count, 0)
        if count <= 0 { isOver = true } else { received += block[..<count] }
    }
}

/// A way for a WebSocket's bytes to the server and back.
enum EchoCarrier: String, CaseIterable, Sendable {
    case http1, http1OverTLS, http2, http2OverTLS

    private var isSecure: Bool { self == .http1OverTLS || self == .http2OverTLS }

    /// Opens a WebSocket, says what is to be said, waits for the echo of the last words, ends, and returns everything that came.
    func exchange(_ conversation: EchoSuiteTests.Conversation, with ports: (plain: UInt16, secure: UInt16)) throws -> [UInt8] {
        let port = isSecure ? ports.secure : ports.plain
        let script = EchoScript(conversation)
        switch self {
        case .http1: return try Self.overHTTP1(script, DuplexSocket(port: port, tls: nil))
        case .http1OverTLS: return try Self.overHTTP1(script, DuplexSocket(port: port, tls: ["http/1.1"]))
        case .http2: return try StreamTunnel(DuplexSocket(port: port, tls: nil), script).exchange()
        case .http2OverTLS: return try StreamTunnel(DuplexSocket(port: port, tls: ["h2"]), script).exchange()
        }
    }

    private static func overHTTP1(_ script: EchoScript, _ socket: DuplexSocket) throws -> [UInt8] {
        let lines = [
            "GET /echo HTTP/1.1", "Host: shop.test", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
        ]
        socket.send(Array(lines.joined(separator: "\r\n").utf8))
        let end: [UInt8] = [13, 10, 13, 10]
        var headCount: Int?
        while headCount == nil {
            try socket.turn()
            if socket.isOver { throw ClientError(description: "no answer to the handshake") }
            headCount = socket.received.indices.dropLast(3).first { socket.received[$0..<$0 + 4].elementsEqual(end) }.map { $0 + 4 }
        }
        let head = String(decoding: socket.received.prefix(headCount ?? 0), as: UTF8.self)
        guard head.hasPrefix("HTTP/1.1 101"), head.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") else {
            throw ClientError(description: head)
        }
        var script = script
        while !socket.isOver {
            if socket.takesMore { socket.send(script.next(atMost: 256 * 1024, after: socket.received)) }
            try socket.turn()
        }
        return Array(socket.received.dropFirst(headCount ?? 0))
    }
}

/// What is still to be sent of a conversation.
private struct EchoScript {
    private var waiting: ArraySlice<UInt8>
    private var end: [UInt8]
    /// The echo behind which the end is sent.
    private let last: [UInt8]

    init(_ conversation: EchoSuiteTests.Conversation) {
        let words = WebSocketFrame(opcode: WebSocketFrame.text, payload: Array(EchoSuiteTests.Conversation.lastWords.utf8))
        waiting = (conversation.says + words.bytes(mask: WebSocketClient.mask))[...]
        end = conversation.ends
        last = words.bytes(mask: nil)
    }

    /// - Parameter received: everything that has come.
    mutating func next(atMost count: Int, after received: [UInt8]) -> [UInt8] {
        if waiting.isEmpty, received.suffix(last.count).elementsEqual(last) {
            waiting = end[...]
            end = []
        }
        defer { waiting = waiting.dropFirst(count) }
        return Array(waiting.prefix(count))
    }
}

/// A WebSocket on the first stream of an HTTP/2 connection (RFC 8441), within both windows.
private final class StreamTunnel {
    private let socket: DuplexSocket
    private var came: [UInt8] = []
    private var status: Int?
    private var hasEnded = false
    private var streamWindow = 65_535
    private var connectionWindow = 65_535

    private var script: EchoScript

    init(_ socket: DuplexSocket, _ script: EchoScript) {
        self.socket = socket
        self.script = script
    }

    func exchange() throws -> [UInt8] {
        let fields = [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/echo"), (":authority", "shop.test"),
            ("sec-websocket-version", "13"),
        ]
        // INITIAL_WINDOW_SIZE of a megabyte; the connection's stays as it is.
        socket.send(Wire.preface + Wire.settings((4, 1 << 20)) + Wire.headers(1, fields.flatMap { Wire.literal($0.0, $0.1) }, ends: false))
        while !hasEnded {
            while status == 200, socket.takesMore {
                let bytes = script.next(atMost: min(16_384, streamWindow, connectionWindow), after: came)
                if bytes.isEmpty { break }
                socket.send(Wire.frame(.data, 0, 1, bytes))
                (streamWindow, connectionWindow) = (streamWindow - bytes.count, connectionWindow - bytes.count)
            }
            if socket.isOver { throw ClientError(description: "the connection ended before the stream") }
            try socket.turn()
            try readFrames()
        }
        socket.send(Wire.frame(.data, Wire.endStream, 1))
        while !socket.takesMore, !socket.isOver { try socket.turn() }
        return came
    }

    private func readFrames() throws {
        var at = 0
        let bytes = socket.received
        while bytes.count - at >= 9 {
            let count = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
            guard bytes.count - at >= 9 + count else { break }
            let stream = bytes[at + 5..<at + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let frame = ReceivedFrame(
                type: bytes[at + 3], flags: bytes[at + 4], stream: stream, payload: Array(bytes[at + 9..<at + 9 + count]))
            at += 9 + count
            try take(frame)
        }
        socket.received.removeFirst(at)
    }

    private func take(_ frame: ReceivedFrame) throws {
        switch frame.kind {
        case .settings where frame.flags & Wire.ack == 0:
            for start in stride(from: 0, to: frame.payload.count, by: 6) where frame.payload[start + 1] == 4 {
                streamWindow += Int(frame.number(start + 2)) - 65_535
            }
            socket.send(Wire.frame(.settings, Wire.ack))
        case .windowUpdate: if frame.stream == 0 { connectionWindow += Int(frame.number()) } else { streamWindow += Int(frame.number()) }
        case .headers:
            status = frame.status
            guard status == 200 else { throw ClientError(description: "status \(status.map(String.init) ?? "?")") }
            if frame.endsStream { hasEnded = true }
        case .data:
            came += frame.payload
            let count = UInt32(frame.payload.count)
            if count > 0 { socket.send(Wire.window(0, count) + Wire.window(1, count)) }
            if frame.endsStream { hasEnded = true }
        case .reset: throw ClientError(description: "RST_STREAM with \(frame.number())")
        case .goAway: throw ClientError(description: "GOAWAY with \(frame.number(4))")
        default: break
        }
    }
}
