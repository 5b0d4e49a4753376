import CTandem
import Glibc

/// One accepted descriptor in an epoll set, plain or encrypted. State belongs to one event loop.
///
/// Nothing leaves the output queue before it is with the kernel: what is encrypted and waits for a slow reader stays counted there.
///
/// ```
///  (behind a balancer: its header) ─▶ (over TLS: the handshake) ─▶ open ─▶ closed
/// ```
final class EpollConnection: ByteTransport {
    static let readEvents = UInt32(TANDEM_EPOLLIN) | UInt32(TANDEM_EPOLLRDHUP)
    static let firstEvents = readEvents | TANDEM_EPOLLET

    let socket: Int32
    /// Where answers may go past the transport: not where they must be encrypted.
    let descriptor: Int32
    let generation: UInt32
    /// Unsafe, since counting its references costs two atomic operations a read: the loop closes its connections before it goes,
    /// and a closed one does not ask for it.
    unowned(unsafe) let loop: EpollLoop
    var peer: PeerAddress
    /// What a balancer says that the client has connected to.
    var destination: PeerAddress?
    /// What has come of a balancer's header; nil: none is awaited.
    var header: [UInt8]?
    let tls: TLSSession?
    /// Nil during a handshake.
    private(set) var http: ConnectionProtocol?
    private var preface = PrefaceMatcher()
    private(set) var isOpen = true
    /// It ends in the middle of something.
    private var isCut = false
    var isReading = true
    var isWriting = false
    /// The end of our side is to follow what waits to be sent.
    var isFinishing = false
    var events = EpollConnection.firstEvents
    /// Bytes at the front of the output queue that are encrypted and wait to be sent.
    var inFlight = 0

    init(loop: EpollLoop, descriptor: Int32, generation: UInt32, peer: PeerAddress, tls: TLSSession?, awaitsHeader: Bool = false) {
        self.loop = loop
        self.peer = peer
        self.tls = tls
        self.generation = generation
        socket = descriptor
        self.descriptor = tls == nil ? descriptor : -1
        if awaitsHeader { header = [] } else if tls == nil { beginPlainly() }
    }

    func beginPlainly() { http = .http1(HTTP1Connection(loop: loop.context, transport: self, peer: peer)) }

    /// Or in what comes before it.
    var isInHandshake: Bool { http == nil && isOpen }

    @inline(__always)
    func ready(_ events: UInt32) {
        if events & UInt32(TANDEM_EPOLLOUT) != 0 { writable() }
        if events & Self.readEvents != 0, isReading, isOpen { read(hasEnded: events & UInt32(TANDEM_EPOLLRDHUP) != 0) }
        // Both directions are gone, or an error is pending: nothing can be answered any more.
        if events & (UInt32(TANDEM_EPOLLERR) | UInt32(TANDEM_EPOLLHUP)) != 0, isOpen { close() }
    }

    // MARK: Input

    /// - Parameter hasEnded: whether the end stands behind what has come.
    private func read(hasEnded: Bool) {
        let count = tandem_receive(socket, loop.readBlock.baseAddress, loop.readBlock.count)
        // What is left unread is told once more, when the others have had their turn: an edge is told once. A socket that gave less
        // than was asked for is empty.
        if count == loop.readBlock.count || (hasEnded && count > 0) { loop.setEvents(events, of: self) }
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(start: loop.readBlock.baseAddress, count: count)
            if header != nil { takeHeader(bytes) } else { take(bytes) }
        } else if count == 0 {
            if isInHandshake { close() } else { http?.endOfInput() }
        } else if errno == EINTR {
            loop.setEvents(events, of: self)
        } else if errno != EAGAIN {
            close()
        }
    }

    @inline(__always)
    func take(_ bytes: UnsafeRawBufferPointer) {
        if let tls { return decrypt(bytes, tls) }
        if !preface.isDecided, let before = preface.match(bytes) { switchToHTTP2(before) }
        http?.received(bytes)
    }

    /// The protocol begins.
    func handshakeIsOver() {
        guard let http else { return }
        loop.handshakes.oneIsOver()
        loop.context.schedule(http.timed)
        if loop.context.isDraining { http.drain() }
    }

    private func decrypt(_ bytes: UnsafeRawBufferPointer, _ tls: TLSSession) {
        loop.pipe.setInput(bytes)
        defer { loop.pipe.dropInput() }
        if http == nil, !shakeHands(tls) { return }
        // Also where input is not wanted any more: what has come is not asked for twice.
        while isOpen {
            let outcome = tls.read()
            // An alert, or the answer to a change of keys.
            guard tls.flush() else { return close() }
            switch outcome {
            case .bytes(let plain): http?.received(plain)
            case .nothing: return updateEvents()
            case .end:
                http?.endOfInput()
                return
            case .failed: return close()
            }
        }
    }

    /// - Returns: whether it is over, so that what follows is the protocol's.
    private func shakeHands(_ tls: TLSSession) -> Bool {
        let outcome = tls.shakeHands()
        guard tls.flush() else {
            close()
            return false
        }
        switch outcome {
        case .unfinished:
            updateEvents()
            return false
        case .failed:
            close()
            return false
        case .done(let isHTTP2):
            if isHTTP2 { http = .http2(HTTP2Connection(loop: loop.context, transport: self, peer: peer)) } else { beginPlainly() }
            handshakeIsOver()
            return true
        }
    }

    /// - Parameter before: bytes of the preface that HTTP/1.1 was given already.
    private func switchToHTTP2(_ before: Int) {
        guard case .http1(let first) = http else { return }
        let second = HTTP2Connection(loop: loop.context, transport: self, peer: peer)
        http = .http2(second)
        first.closed()
        loop.context.schedule(second)
        let start = UnsafeRawPointer(HTTP2FrameReader.preface.utf8Start)
        second.received(UnsafeRawBufferPointer(start: start, count: before))
    }

    var hasUnread: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    func setReading(_ on: Bool) {
        guard isOpen, on != isReading else { return }
        isReading = on
        updateEvents()
    }

    // MARK: Output

    // MARK: The end

    /// The loop stops: what has come already is read first, since closing beside it would reset the connection, and the request
    /// be lost.
    func drain() {
        ready(UInt32(TANDEM_EPOLLIN))
        http?.drain()
    }

    /// With a reset, since an end is what delimits some answers; over TLS an end without its alert says the same.
    func abort() {
        guard isOpen else { return }
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        isCut = true
        close()
    }

    func close() {
        guard isOpen else { return }
        let wasInHandshake = isInHandshake
        isOpen = false
        if wasInHandshake { loop.handshakes.oneIsOver() }
        if let tls, header == nil {
            if !wasInHandshake, !isCut { tls.sayEnd() }
            // The peer may be gone: it is over either way.
            _ = tls.flush()
        }
        loop.remove(self)
        http?.closed()
    }
}
