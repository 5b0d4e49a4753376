import Glibc
import Sockets
import TestPatience
import TestTLS

@testable import HTTPEngine

/// A blocking socket that never retries. A read ends with the patience of tests, as if nothing had come.
final class TestClient {
    struct Answer: Equatable {
        var status: Int
        var fields: [String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        /// `Connection`, or nil.
        var connection: String? { fields.first { $0.hasPrefix("Connection: ") }.map { String($0.dropFirst(12)) } }
    }

    enum End: Equatable { case closed, reset, nothing }

    private(set) var descriptor: Int32
    private let tls: ClientTLS?
    private var buffer: [UInt8] = []
    private var start = 0

    init(_ engine: TestEngine, connects: Bool = true) {
        let isUnix = engine.socket.isUnix
        descriptor = socket(isUnix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        precondition(descriptor >= 0, "a socket for the test")
        tls = engine.carrier == .tls ? ClientTLS() : nil
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if connects { connect(to: engine) }
    }

    func connect(to engine: TestEngine) {
        connectPlainly(to: engine)
        shakeHands()
    }

    /// Before a loop that is busy: nobody answers a handshake.
    func connectPlainly(to engine: TestEngine) {
        let address = engine.socket.address
        if engine.socket.isUnix {
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address.dropFirst(5).utf8) }
            connect(&target, MemoryLayout<sockaddr_un>.size)
        } else {
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = (UInt16(address.split(separator: ":")[1]) ?? 0).bigEndian
            inet_pton(AF_INET, "127.0.0.1", &target.sin_addr)
            connect(&target, MemoryLayout<sockaddr_in>.size)
        }
    }

    private func connect<Address>(_ target: inout Address, _ size: Int) {
        let code = withUnsafeBytes(of: &target) {
            Glibc.connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
        }
        precondition(code == 0, "connected: \(errno)")
    }

    func shakeHands() { tls?.shakeHands(descriptor) }

    deinit {
        leave()
        block.deallocate()
    }

    func leave() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Leaves so that the other side sees an error, not an end.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        leave()
    }

    func finishSending() {
        tls?.finish(descriptor)
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// - Returns: whether all of it was taken.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        sendRaw(tls.map { $0.encrypt(bytes) } ?? bytes)
    }

    private func sendRaw(_ bytes: [UInt8]) -> Bool {
        var at = 0
        while at < bytes.count {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + at, bytes.count - at, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return false }
            at += sent
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func get(_ path: String, _ lines: String..., version: String = "1.1", method: String = "GET") {
        send("\(method) \(path) HTTP/\(version)\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }

    private func forgetWhatWasRead() {
        guard start == buffer.count else { return }
        buffer.removeAll(keepingCapacity: true)
        start = 0
    }

    private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 8)

    private func fill(_ most: Int = 64 * 1024) -> End? {
        if let tls {
            let (bytes, end) = tls.receive(descriptor)
            buffer.append(contentsOf: bytes)
            if !bytes.isEmpty { return nil }
            return end == .closed ? .closed : end == .reset ? .reset : .nothing
        }
        let count = recv(descriptor, block.baseAddress, min(most, block.count), 0)
        let code = errno
        if count > 0 { buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<count])) }
        if count > 0 { return nil }
        // A signal ends a wait that has a limit: it is no end of what comes.
        if count < 0, code == EINTR { return fill(most) }
        return count == 0 ? .closed : code == ECONNRESET || code == EPIPE ? .reset : .nothing
    }

    /// The next answer, or nil when the connection ended before it was whole.
    func answer(to method: String = "GET", most: Int = 64 * 1024) -> Answer? {
        forgetWhatWasRead()
        var end = start
        while end + 4 > buffer.count || buffer[end] != 0x0d || buffer[end + 1] != 0x0a || buffer[end + 2] != 0x0d || buffer[end + 3] != 0x0a
        {
            if end + 4 <= buffer.count { end += 1 } else if fill(most) != nil { return nil }
        }
        let lines = String(decoding: buffer[start..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        start = end + 4
        var answer = Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, fields: Array(lines.dropFirst()), body: [])
        let length = answer.fields.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        if method == "HEAD" || answer.status == 100 { return answer }
        while answer.body.count < length {
            let take = min(length - answer.body.count, buffer.count - start)
            if take > 0 {
                answer.body += buffer[start..<(start + take)]
                start += take
            } else {
                forgetWhatWasRead()
                if fill(most) != nil { return nil }
            }
        }
        return answer
    }

    /// Everything up to the end.
    func rest() -> [UInt8] {
        while fill() == nil {}
        return Array(buffer[start...])
    }

    /// What comes after the last answer: nothing may.
    func end() -> End {
        while true {
            if let end = fill() { return start == buffer.count ? end : .nothing }
        }
    }

    /// Whether nothing has come so far.
    var isSilent: Bool {
        if let tls { return tls.isSilent(descriptor) }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }
}
