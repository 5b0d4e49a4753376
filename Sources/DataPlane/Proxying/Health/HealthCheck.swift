import Glibc
import HTTPEngine
import Snapshots

/// One question to a server whether it is well: a request of its own over a connection of its own, so that it says what a client would
/// meet. State belongs to one event loop.
final class HealthCheck: OutgoingOwner {
    private let server: UpstreamServer
    /// What is asked for; nil: a connection is enough.
    private let path: String?
    /// In milliseconds.
    private let timeout: Int64
    private let preamble: [UInt8]
    private let loop: LoopContext
    private let finished: (HealthCheck, HealthFinding) -> Void
    private var socket: OutgoingSocket?
    private var machine = HTTP1ClientMachine()
    /// Where its server speaks HTTP/2.
    private var http2: HTTP2Question?
    private var head = UpstreamHead()
    private var input = InputBuffer()
    private var isOver = false

    /// - Parameter finished: called once.
    init(
        _ server: UpstreamServer, of backend: BackendPolicy, loop: LoopContext, finished: @escaping (HealthCheck, HealthFinding) -> Void
    ) {
        self.server = server
        path = backend.checks?.path
        timeout = backend.checks?.timeout ?? backend.limits.connectSeconds * 1000
        preamble = backend.announcement.map { ProxyHeader(addresses: nil).bytes($0.version) } ?? []
        if backend.speaksHTTP2 { http2 = HTTP2Question(loop, isSecure: server.isSecure) }
        self.loop = loop
        self.finished = finished
    }

    func begin() {
        guard let address = server.addresses.first else { return end(.nowhere) }
        guard let socket = server.connect(to: address, on: loop, owner: self, preamble: preamble) else { return end(.unreachable(errno)) }
        self.socket = socket
        socket.setDeadline(after: max((timeout + 999) / 1000, 1))
        if socket.isConnected { connected() }
    }

    func connected() {
        if http2 != nil, server.isSecure, socket?.isHTTP2 != true { return end(.unproven(.noAgreement)) }
        guard let path else { return end(.good) }
        var text = "GET \(path) HTTP/1.1\r\nHost: "
        text += String(decoding: server.authority, as: UTF8.self)
        text += "\r\nUser-Agent: tandem\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        if let http2 {
            text.withUTF8 { http2.ask(UnsafeRawBufferPointer($0)) }
            return send(http2)
        }
        machine.begin(isHead: false)
        // A request of a few lines always fits a fresh socket.
        let sent = text.withUTF8 { socket?.send(UnsafeRawBufferPointer($0)) ?? -1 }
        if sent < text.utf8.count { end(.noAnswer) }
    }

    private func send(_ question: HTTP2Question) {
        guard let socket, question.send(over: socket) else { return end(.noAnswer) }
    }

    /// The status tells; the body is not waited for.
    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        if let http2 {
            switch http2.received(base, bytes.count) {
            case .waiting: return send(http2)
            case .answered(let status): return end(status: status)
            case .failed: return end(.noAnswer)
            }
        }
        input.append(base, bytes.count)
        while !isOver {
            switch machine.next(input.base, count: input.count, limits: loop.limits, into: &head) {
            case .interim(let length): input.removeFirst(length)
            case .head: return end(status: head.status)
            case .needsMore: return
            case .body, .end, .upgraded, .failed: return end(.noAnswer)
            }
            if input.isEmpty { return }
        }
    }

    func endOfInput() { end(.noAnswer) }
    func writable() {}
    func expired() { end(.silent) }

    func failed(_ fault: OutgoingFault) {
        switch fault {
        case .system(let code): end(.unreachable(code))
        case .tls(let fault): end(.unproven(fault))
        }
    }

    private func end(status: UInt16) { end((200..<400).contains(status) ? .good : .status(status, path: path ?? "")) }

    private func end(_ finding: HealthFinding) {
        guard !isOver else { return }
        isOver = true
        socket?.close()
        socket = nil
        finished(self, finding)
    }
}
