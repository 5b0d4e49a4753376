import Glibc
import HTTPEngine
import Snapshots

/// One question to a server whether it is well: a request of its own over a connection of its own, so that it says what a client would
/// meet. State belongs to one event loop.
final class HealthCheck: OutgoingOwner {
    private let server: UpstreamServer
    private let checks: BackendPolicy.Checks
    private let preamble: [UInt8]
    private let loop: LoopContext
    private let finished: (HealthCheck, _ isGood: Bool) -> Void
    private var socket: OutgoingSocket?
    private var machine = HTTP1ClientMachine()
    /// Where its server speaks HTTP/2.
    private var http2: HTTP2Question?
    private var head = UpstreamHead()
    private var input = InputBuffer()
    private var isOver = false

    init(
        _ server: UpstreamServer, _ checks: BackendPolicy.Checks, preamble: [UInt8], speaksHTTP2: Bool, loop: LoopContext,
        finished: @escaping (HealthCheck, _ isGood: Bool) -> Void
    ) {
        self.server = server
        self.checks = checks
        self.preamble = preamble
        if speaksHTTP2 { http2 = HTTP2Question(loop, isSecure: server.isSecure) }
        self.loop = loop
        self.finished = finished
    }

    func begin() {
        guard let address = server.addresses.first, let socket = server.connect(to: address, on: loop, owner: self, preamble: preamble)
        else {
            return end(isGood: false)
        }
        self.socket = socket
        socket.setDeadline(after: max((checks.timeout + 999) / 1000, 1))
        if socket.isConnected { connected() }
    }

    func connected() {
        var text = "GET \(checks.path) HTTP/1.1\r\nHost: "
        text += String(decoding: server.authority, as: UTF8.self)
        text += "\r\nUser-Agent: tandem\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        if let http2 {
            if server.isSecure, socket?.isHTTP2 != true { return end(isGood: false) }
            text.withUTF8 { http2.ask(UnsafeRawBufferPointer($0)) }
            return send(http2)
        }
        machine.begin(isHead: false)
        // A request of a few lines always fits a fresh socket.
        let sent = text.withUTF8 { socket?.send(UnsafeRawBufferPointer($0)) ?? -1 }
        if sent < text.utf8.count { end(isGood: false) }
    }

    private func send(_ question: HTTP2Question) {
        guard let socket, question.send(over: socket) else { return end(isGood: false) }
    }

    /// The status tells; the body is not waited for.
    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        if let http2 {
            switch http2.received(base, bytes.count) {
            case .waiting: return send(http2)
            case .answered(let status): return end(isGood: (200..<400).contains(status))
            case .failed: return end(isGood: false)
            }
        }
        input.append(base, bytes.count)
        while !isOver {
            switch machine.next(input.base, count: input.count, limits: loop.limits, into: &head) {
            case .interim(let length): input.removeFirst(length)
            case .head: return end(isGood: (200..<400).contains(head.status))
            case .needsMore: return
            case .body, .end, .upgraded, .failed: return end(isGood: false)
            }
            if input.isEmpty { return }
        }
    }

    func endOfInput() { end(isGood: false) }
    func writable() {}
    func failed(_ fault: OutgoingFault) { end(isGood: false) }
    func expired() { end(isGood: false) }

    private func end(isGood: Bool) {
        guard !isOver else { return }
        isOver = true
        socket?.close()
        socket = nil
        finished(self, isGood)
    }
}
