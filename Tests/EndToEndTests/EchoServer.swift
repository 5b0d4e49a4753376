import Crypto
import Foundation
import Glibc
import Synchronization
import TestPatience

/// A WebSocket server that says what it is told: each connection has a thread. On `/large` it sends one large frame in two halves, the
/// second when `goOn` was called, on `/reset` it breaks off when it hears something, on `/half` it hears everything and then says it.
/// On `/events` it is a stream of events instead; `/wait` waits until a client has closed; `/refused`, `/plain` and `/unproven` answer the
/// handshake wrongly.
final class EchoServer: Sendable {
    static let largeCount = 3_000_000

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[UInt16]>([])
    private let mayGoOn = Gate()

    /// Codes of the close frames that clients have sent.
    var closeCodes: [UInt16] { seen.withLock { $0 } }

    init() throws {
        let accepting = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(accepting, address, length) + listen(accepting, 64) + getsockname(accepting, address, &length)
            }
        }
        guard code == 0 else { throw ClientError(description: "no echo server: \(String(cString: strerror(errno)))") }
        listener = accepting
        port = UInt16(bigEndian: address.sin_port)
        Thread { [self] in
            while true {
                let descriptor = accept(accepting, nil, nil)
                if descriptor < 0 { return }
                // Not for the processes that other tests spawn: they would hold it open.
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                Thread { self.serve(descriptor) }.start()
            }
        }.start()
    }

    func goOn() { mayGoOn.open() }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ descriptor: Int32) {
        defer { close(descriptor) }
        var buffer: [UInt8] = []
        func take(_ count: Int) -> [UInt8]? {
            var block = [UInt8](repeating: 0, count: 65_536)
            while buffer.count < count {
                let count = recv(descriptor, &block, block.count, 0)
                if count <= 0 { return nil }
                buffer += block[..<count]
            }
            defer { buffer.removeFirst(count) }
            return Array(buffer[..<count])
        }
        func write(_ bytes: [UInt8]) {
            var at = 0
            while at < bytes.count {
                let sent = bytes[at...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if sent <= 0 { return }
                at += sent
            }
        }
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            guard let byte = take(1) else { return }
            head += String(decoding: byte, as: UTF8.self)
        }
        if head.hasPrefix("GET /events") {
            write(Array("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n".utf8))
            for number in 0... {
                let event = Array("id: \(number)\ndata: \(String(repeating: "x", count: 200))\n\n".utf8)
                if send(descriptor, event, event.count, Int32(MSG_NOSIGNAL)) < 0 { return }
                usleep(5_000)
            }
        }
        if head.hasPrefix("GET /refused") { return write(Array("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno".utf8)) }
        if head.hasPrefix("GET /wait") {
            _ = eventually { !closeCodes.isEmpty }
            // For the client to hear of the end as well.
            usleep(500_000)
            return write(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8))
        }
        if head.hasPrefix("GET /plain") { return write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)) }
        let key = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key: ") }?.dropFirst(19) ?? ""
        var digest = Data(Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
        if head.hasPrefix("GET /unproven") { digest[0] ^= 1 }
        write(
            Array(
                ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                    + digest.base64EncodedString() + "\r\n\r\n").utf8))
        if head.hasPrefix("GET /reset") {
            _ = take(1)
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            return
        }
        if head.hasPrefix("GET /half") {
            while take(buffer.count + 1).map({ buffer = $0 + buffer }) != nil {}
            return write(buffer.reversed())
        }
        if head.hasPrefix("GET /large") {
            let frame = WebSocketFrame(opcode: WebSocketFrame.binary, payload: [UInt8](repeating: 7, count: Self.largeCount)).bytes(
                mask: nil)
            write(Array(frame[..<100_000]))
            mayGoOn.wait()
            write(Array(frame[100_000...]))
        }
        while let first = take(2) {
            var count = Int(first[1] & 0x7f)
            if count > 125 {
                guard let length = take(count == 126 ? 2 : 8) else { return }
                count = length.reduce(0) { $0 << 8 | Int($1) }
            }
            guard let mask = take(4), let masked = take(count) else { return }
            let frame = WebSocketFrame(
                opcode: first[0] & 0x0f, payload: masked.enumerated().map { $1 ^ mask[$0 % 4] }, isFinal: first[0] & 0x80 != 0)
            write(frame.bytes(mask: nil))
            guard frame.opcode == WebSocketFrame.close else { continue }
            seen.withLock { $0.append(frame.payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }) }
            return
        }
    }
}
