import Glibc
import TestPatience

/// A blocking socket that never retries. A read ends with the patience of tests, as if nothing had come.
final class RawConnection {
    enum End: Equatable { case closed, reset, nothing }

    private(set) var descriptor: Int32
    private var buffer: [UInt8] = []

    /// Takes over an open descriptor.
    /// - Parameter milliseconds: how long a read waits, where nothing is to come.
    init(_ descriptor: Int32, milliseconds: Int = Int(patience.components.seconds) * 1000) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    convenience init(port: UInt16, receiveBuffer: Int32? = nil, milliseconds: Int = Int(patience.components.seconds) * 1000) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &target.sin_addr)
        let code = withUnsafeBytes(of: &target) {
            Glibc.connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        precondition(code == 0, "connected: \(errno)")
        self.init(descriptor, milliseconds: milliseconds)
    }

    deinit { leave() }

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

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
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

    private func fill() -> End? {
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &block, block.count, 0)
        let code = errno
        if count > 0 {
            buffer += block[..<count]
            return nil
        }
        // A signal ends a wait that has a limit: it is no end of what comes.
        if count < 0, code == EINTR { return fill() }
        return count == 0 ? .closed : code == ECONNRESET || code == EPIPE ? .reset : .nothing
    }

    /// A head with its empty line; nil when the connection ended before it was whole.
    func head() -> String? {
        while true {
            if let end = emptyLine() {
                let text = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end)
                return text
            }
            if fill() != nil { return nil }
        }
    }

    private func emptyLine() -> Int? {
        guard buffer.count >= 4 else { return nil }
        for at in 0...(buffer.count - 4)
        where buffer[at] == 0x0d && buffer[at + 1] == 0x0a && buffer[at + 2] == 0x0d && buffer[at + 3] == 0x0a {
            return at + 4
        }
        return nil
    }

    /// That many bytes, or fewer when the connection ends before.
    func read(_ count: Int) -> [UInt8] {
        while buffer.count < count { if fill() != nil { break } }
        let taken = Array(buffer.prefix(count))
        buffer.removeFirst(taken.count)
        return taken
    }

    /// Everything up to the end, and how that was.
    func rest() -> (bytes: [UInt8], end: End) {
        while true {
            if let end = fill() {
                defer { buffer = [] }
                return (buffer, end)
            }
        }
    }

    /// What has come and is read without waiting.
    func available() -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &block, block.count, Int32(MSG_DONTWAIT))
        return count > 0 ? Array(block[..<count]) : []
    }

    struct Answer: Equatable {
        var status: Int
        var fields: [String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        subscript(_ name: String) -> String? {
            fields.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    /// The next answer; nil when the connection ended before it was whole.
    func answer(to method: String = "GET") -> Answer? {
        guard let head = head() else { return nil }
        let lines = head.split(separator: "\r\n").map(String.init)
        var answer = Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, fields: Array(lines.dropFirst()), body: [])
        if method == "HEAD" || answer.status == 304 || answer.status == 204 || answer.status < 200 { return answer }
        if let length = answer["Content-Length"].flatMap({ Int($0) }) {
            answer.body = read(length)
            return answer.body.count == length ? answer : nil
        }
        guard answer["Transfer-Encoding"] == "chunked" else {
            answer.body = rest().bytes
            return answer
        }
        while let line = chunkLine(), let size = Int(line, radix: 16) {
            if size == 0 {
                while let trailer = chunkLine() {
                    if trailer.isEmpty { return answer }
                    answer.fields.append("trailer " + trailer)
                }
                return nil
            }
            let piece = read(size)
            guard piece.count == size, chunkLine() == "" else { return nil }
            answer.body += piece
        }
        return nil
    }

    /// The next chunk of a body, empty at its end; nil when the connection ended before it was whole.
    func chunk() -> [UInt8]? {
        guard let line = chunkLine(), let size = Int(line, radix: 16) else { return nil }
        let piece = read(size)
        return piece.count == size && chunkLine() == "" ? piece : nil
    }

    /// A chunked body as it comes, with all that stands behind it; nil when the connection ended before it was whole.
    func chunkedBody() -> String? {
        var body: [UInt8] = []
        while !body.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let next = read(1)
            if next.isEmpty { return nil }
            body += next
        }
        return String(decoding: body, as: UTF8.self)
    }

    private func chunkLine() -> String? {
        while true {
            if let at = buffer.firstIndex(of: 0x0a) {
                let line = String(decoding: buffer[..<at].dropLast(), as: UTF8.self)
                buffer.removeFirst(at + 1)
                return line
            }
            if fill() != nil { return nil }
        }
    }

    func get(_ path: String, _ lines: String...) {
        send("GET \(path) HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }
}
