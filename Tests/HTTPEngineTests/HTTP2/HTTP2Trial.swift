import Files
import Model

@testable import HTTPEngine

/// A frame that the connection sent.
struct SeenFrame: Equatable, CustomStringConvertible {
    var kind: HTTP2Frame.Kind?
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    /// The 32-bit number at an offset: an error code, a last stream, an increment.
    func number(_ offset: Int = 0) -> UInt32 {
        payload[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    var endsStream: Bool { flags & HTTP2Frame.Flag.endStream != 0 }
    var description: String { "\(kind.map { "\($0)" } ?? "?") \(flags) on \(stream), \(payload.count) bytes" }
}

/// Holds what is sent; takes as much as it is told to.
final class MemoryTransport: ByteTransport {
    var sent: [UInt8] = []
    var sends = 0
    /// Bytes that it still takes.
    var room = Int.max
    var isReading = true
    var isWriting = false
    var hasFinished = false
    var isClosed = false
    weak var connection: HTTP2Connection?

    var descriptor: Int32 { -1 }
    func setReading(_ on: Bool) { isReading = on }
    func setWriting(_ on: Bool) { isWriting = on }
    func finishWriting() { hasFinished = true }

    func close() {
        if isClosed { return }
        isClosed = true
        connection?.closed()
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        sends += 1
        let count = min(room, bytes.count)
        sent += bytes.prefix(count)
        room -= count
        return count
    }
}

/// One connection without a socket, its client's side of the conversation, and a clock that stands still until it is moved.
final class HTTP2Trial {
    let loop: LoopContext
    let transport = MemoryTransport()
    let connection: HTTP2Connection
    let handler: TestHandler
    private var read = 0
    private var decoder = TextDecoder()
    private var milliseconds: Int64

    /// - Parameter isGreeted: whether both prefaces are out of the way.
    init(limits: EngineLimits = EngineLimits(), file: OpenFile? = nil, isGreeted: Bool = true) {
        loop = LoopContext(limits: limits)
        milliseconds = loop.clock.monotonic
        loop.clock.set(monotonic: milliseconds, now: Timestamp(milliseconds: 784_111_777_000))
        handler = TestHandler(file: file)
        loop.handler = handler
        connection = HTTP2Connection(loop: loop, transport: transport, peer: .local)
        transport.connection = connection
        if isGreeted {
            send(Self.preface + Self.frame(.settings) + Self.frame(.settings, flags: 1))
            _ = frames()
        }
    }

    static let preface = Array(HTTP2FrameReader.preface.description.utf8)

    static func frame(_ kind: HTTP2Frame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        frame(type: kind.rawValue, flags: flags, stream: stream, payload)
    }

    static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255), type, flags] + number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] { HTTP2Connection.bytes(value) }

    static func setting(_ identifier: UInt16, _ value: UInt32) -> [UInt8] {
        [UInt8(identifier >> 8), UInt8(identifier & 255)] + number(value)
    }

    /// A header block in plain literals.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in fields {
            block.append(0)
            HPACKEncoder.append(integer: name.utf8.count, prefix: 7, pattern: 0, to: &block)
            block += name.utf8
            HPACKEncoder.append(integer: value.utf8.count, prefix: 7, pattern: 0, to: &block)
            block += value.utf8
        }
        return block
    }

    static func pseudo(_ path: String, method: String = "GET") -> [(String, String)] {
        [(":method", method), (":scheme", "http"), (":authority", "a.example"), (":path", path)]
    }

    /// HEADERS of a request; with END_STREAM unless a body follows.
    static func request(
        _ stream: UInt32, _ path: String, method: String = "GET", _ fields: [(String, String)] = [], hasBody: Bool = false
    ) -> [UInt8] {
        frame(.headers, flags: hasBody ? 4 : 5, stream: stream, block(pseudo(path, method: method) + fields))
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> [UInt8] {
        frame(.data, flags: ends ? 1 : 0, stream: stream, bytes)
    }

    static func window(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { frame(.windowUpdate, stream: stream, number(increment)) }

    func send(_ bytes: [UInt8]) {
        guard !transport.isClosed else { return }
        bytes.withUnsafeBytes { connection.received($0) }
    }

    func request(_ stream: UInt32, _ path: String, method: String = "GET", _ fields: [(String, String)] = [], hasBody: Bool = false) {
        send(Self.request(stream, path, method: method, fields, hasBody: hasBody))
    }

    /// The frames that came since the last call.
    func frames() -> [SeenFrame] {
        var all: [SeenFrame] = []
        while transport.sent.count - read >= 9 {
            let head = transport.sent.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { HTTP2Frame($0 + read) } }
            guard let head, transport.sent.count - read >= 9 + head.length else { break }
            let payload = Array(transport.sent[(read + 9)..<(read + 9 + head.length)])
            all.append(SeenFrame(kind: head.kind, flags: head.flags, stream: head.stream, payload: payload))
            read += 9 + head.length
        }
        return all
    }

    /// Whether bytes were sent that are no whole frame.
    var hasRest: Bool { read < transport.sent.count }

    struct Answer: Equatable {
        var fields: [TextField] = []
        var body: [UInt8] = []
        var isWhole = false
        var status: String? { fields.first?.value }
        var text: String { String(decoding: body, as: UTF8.self) }
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    }

    /// The answer on a stream among frames.
    func answer(_ stream: UInt32, in frames: [SeenFrame]) -> Answer {
        var answer = Answer()
        for frame in frames where frame.stream == stream {
            if frame.kind == .headers { answer.fields = (try? decoder.decode(frame.payload)) ?? [] }
            if frame.kind == .data { answer.body += frame.payload }
            if frame.endsStream { answer.isWhole = true }
        }
        return answer
    }

    func answer(_ stream: UInt32) -> Answer { answer(stream, in: frames()) }

    /// The transport takes so many bytes again.
    func drainTransport(_ room: Int = .max) {
        transport.room = room
        while transport.isWriting, transport.room > 0 { connection.writable() }
    }

    /// Moves the clock and lets the wheel turn.
    func pass(seconds: Int) {
        for _ in 0..<seconds {
            milliseconds += 1000
            loop.clock.set(monotonic: milliseconds, now: loop.clock.now)
            for connection in loop.timers.advance(to: loop.seconds) { connection.expire() }
        }
    }

    /// The code of our GOAWAY, when there was one.
    func failure() -> HTTP2ErrorCode? {
        frames().last { $0.kind == .goAway }.flatMap { HTTP2ErrorCode(rawValue: $0.number(4)) }
    }

    /// The code of the RST_STREAM for a stream.
    func resetCode(_ stream: UInt32) -> HTTP2ErrorCode? {
        frames().last { $0.kind == .reset && $0.stream == stream }.flatMap { HTTP2ErrorCode(rawValue: $0.number()) }
    }
}
