import Glibc
import TestTLS

/// One connection of HTTP/2 to the server, plain by prior knowledge or over TLS by ALPN. It waits at most five seconds for anything,
/// and never tries twice.
final class Peer {
    private let descriptor: Int32
    private let tls: ClientTLS?
    private var buffer: [UInt8] = []
    /// All frames that have come.
    private(set) var frames: [ReceivedFrame] = []
    /// Whether the server has closed.
    private(set) var isOver = false

    init(port: UInt16, isSecure: Bool) throws {
        descriptor = try connected(to: port, seconds: 5)
        tls = isSecure ? ClientTLS(protocols: ["h2"]) : nil
        tls?.shakeHands(descriptor)
    }

    deinit { close(descriptor) }

    /// Both prefaces, and the acknowledgement of ours.
    func greet() {
        send(Wire.preface + Wire.settings() + Wire.frame(.settings, Wire.ack))
        read { $0.kind == .settings && $0.flags & Wire.ack != 0 }
        frames = []
    }

    /// What the server no longer takes is no fault: it has ended the connection, and says why.
    func send(_ bytes: [UInt8]) {
        let bytes = tls?.encrypt(bytes) ?? bytes
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Reads until a frame is what is wanted, or the connection ends, or nothing comes.
    /// - Returns: the first such frame of all that have come.
    @discardableResult
    func read(until isWanted: (ReceivedFrame) -> Bool) -> ReceivedFrame? {
        if let found = frames.first(where: isWanted) { return found }
        while !isOver {
            while let frame = takeFrame() {
                frames.append(frame)
                if isWanted(frame) { return frame }
            }
            guard fill() else { break }
        }
        return nil
    }

    /// Everything up to the server's answer to a PING that is sent now.
    func readAll() {
        let mark: [UInt8] = [9, 8, 7, 6, 5, 4, 3, UInt8(truncatingIfNeeded: frames.count)]
        send(Wire.frame(.ping, 0, 0, mark))
        read { $0.kind == .ping && $0.payload == mark }
    }

    /// Waits for the end of the connection.
    func readToEnd() { read { _ in false } }

    private func takeFrame() -> ReceivedFrame? {
        guard buffer.count >= 9 else { return nil }
        let count = Int(buffer[0]) << 16 | Int(buffer[1]) << 8 | Int(buffer[2])
        guard buffer.count >= 9 + count else { return nil }
        defer { buffer.removeFirst(9 + count) }
        let stream = buffer[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return ReceivedFrame(type: buffer[3], flags: buffer[4], stream: stream, payload: Array(buffer[9..<9 + count]))
    }

    private func fill() -> Bool {
        if let tls {
            let (more, end) = tls.receive(descriptor)
            buffer += more
            if more.isEmpty { isOver = end != .nothing }
            return !more.isEmpty
        }
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &block, block.count, 0)
        if count > 0 { buffer += block[..<count] }
        if count == 0 || (count < 0 && errno == ECONNRESET) { isOver = true }
        return count > 0
    }
}
