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
    private var head = UpstreamHead()
    private var input = InputBuffer()
    private var isOver = false

    init(
        _ server: UpstreamServer, _ checks: BackendPolicy.Checks, preamble: [UInt8], loop: LoopContext,
        finished: @escaping (HealthCheck, _ isGood: Bool) -> Void
    ) {
        self.server = server
        self.checks = checks
        self.preamble = preamble
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
        machine.begin(isHead: false)
        var text = "GET \(checks.path) HTTP/1.1\r\nHost: "
        text += String(decoding: server.authority, as: UTF8.self)
        text += "\r\nUser-Agent: tandem\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        // A request of a few lines always fits a fresh socket.
        let sent = text.withUTF8 { socket?.send(UnsafeRawBufferPointer($0)) ?? -1 }
        if sent < text.utf8.count { end(isGood: false) }
    }

    /// The status tells; the body is not waited for.
    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
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
