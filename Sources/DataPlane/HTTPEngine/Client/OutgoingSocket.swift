import CTandem
import Glibc
import Sockets

/// Who uses a connection that the loop has opened.
package protocol OutgoingOwner: AnyObject {
    func connected()
    /// Bytes have come. They are the loop's and valid during the call.
    func received(_ bytes: UnsafeRawBufferPointer)
    /// The other side has sent all it will send.
    func endOfInput()
    /// Bytes may be sent again, after `setWriting`.
    func writable()
    /// It could not be opened, or has broken; it is closed.
    func failed(_ fault: OutgoingFault)
    /// Its deadline has passed.
    func expired()
}

/// A connection from here to another server, in the epoll set of the clients' connections. State belongs to one event loop.
///
/// ```
///  connecting ─▶ (over TLS: shaking hands) ─▶ open ─▶ closed
///      └─ failed ────────┴───────────────────────────▶┘
/// ```
/// It lives until it is closed, and its owner with it.
package final class OutgoingSocket: TimedConnection {
    enum Phase {
        case connecting, shaking, open, closed
    }

    private static let never = Int64.max / 2
    static let readEvents = UInt32(TANDEM_EPOLLIN) | UInt32(TANDEM_EPOLLRDHUP)

    let descriptor: Int32
    let generation: UInt32
    // Unsafe, since counting its references costs two atomic operations a read: the loop closes its sockets before it goes.
    unowned(unsafe) let loop: EpollLoop
    /// Nil: plain.
    let tls: TLSSession?
    /// Goes in front of everything.
    private var preamble: [UInt8]
    private(set) var owner: (any OutgoingOwner)?
    var phase: Phase
    /// What ALPN agreed on.
    package internal(set) var isHTTP2 = false
    private(set) var isReading = true
    private(set) var isWriting = false
    /// The end of our side is to follow what waits to be sent.
    var isFinishing = false
    /// Taken out of the epoll set: its other side has gone, and nobody wants to read what is left.
    private var isParked = false
    private(set) var events: UInt32
    package private(set) var deadline = OutgoingSocket.never
    var wheelSecond = Int64.max
    let ticket = TimerTicket()

    init(
        loop: EpollLoop, descriptor: Int32, generation: UInt32, isConnected: Bool, tls: TLSSession?, preamble: [UInt8],
        owner: any OutgoingOwner
    ) {
        self.loop = loop
        self.tls = tls
        self.preamble = preamble
        self.descriptor = descriptor
        self.generation = generation
        self.owner = owner
        phase = !isConnected ? .connecting : tls == nil ? .open : .shaking
        events = isConnected ? Self.readEvents : UInt32(TANDEM_EPOLLOUT)
        ticket.connection = self
    }

    deinit {
        ticket.connection = nil
    }

    package var isConnected: Bool { phase == .open }
    /// Whether encrypted bytes wait for the kernel.
    package var hasUnsent: Bool { (tls?.unsentCount ?? 0) > 0 }
    package var isClosed: Bool { phase == .closed }

    @inline(__always)
    func ready(_ events: UInt32) {
        guard let owner else { return }
        if phase == .connecting { return finishConnecting(owner) }
        if events & UInt32(TANDEM_EPOLLOUT) != 0 {
            if let tls { sendEncrypted(tls) }
            if isWriting, !hasUnsent, phase == .open { owner.writable() }
        }
        if events & (Self.readEvents | UInt32(TANDEM_EPOLLERR) | UInt32(TANDEM_EPOLLHUP)) != 0, phase == .open || phase == .shaking {
            if isReading { read(owner) } else if events & (UInt32(TANDEM_EPOLLERR) | UInt32(TANDEM_EPOLLHUP)) != 0 { park() }
        }
    }

    private func finishConnecting(_ owner: any OutgoingOwner) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        if code != 0 { return fail(.system(code)) }
        sendPreamble()
        guard let tls else {
            phase = .open
            updateEvents()
            return owner.connected()
        }
        phase = .shaking
        beginHandshake(tls)
    }

    /// A fresh socket has room for these few bytes; one that is broken already says so when something is read.
    func sendPreamble() {
        if preamble.isEmpty { return }
        _ = preamble.withUnsafeBytes { tandem_send(descriptor, $0.baseAddress, $0.count, 0) }
        preamble = []
    }

    private func read(_ owner: any OutgoingOwner) {
        let count = tandem_receive(descriptor, loop.readBlock.baseAddress, loop.readBlock.count)
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(start: loop.readBlock.baseAddress, count: count)
            if let tls { return decrypt(bytes, tls, owner) }
            owner.received(bytes)
        } else if count == 0 {
            // An encrypted end has an alert in front; without one something may have been cut off (RFC 8446 §6.1).
            if tls != nil { return fail(phase == .shaking ? .tls(.ended) : .system(ECONNRESET)) }
            owner.endOfInput()
        } else if errno != EAGAIN, errno != EINTR {
            fail(.system(errno))
        }
    }

    func fail(_ fault: OutgoingFault) {
        let owner = owner
        close()
        owner?.failed(fault)
    }

    /// The end stays readable, and is told whatever is asked for: a level-triggered loop would turn for nothing.
    private func park() {
        isParked = true
        loop.unwatch(self)
    }

    /// Takes bytes to send.
    /// - Returns: how many were taken; fewer when the kernel's buffer is full, -1 when the other side is gone.
    @inline(__always)
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard phase == .open else { return phase == .closed ? -1 : 0 }
        if let tls { return sendEncrypting(bytes, tls) }
        while true {
            let sent = tandem_send(descriptor, bytes.baseAddress, bytes.count, 0)
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return -1 }
        }
    }

    package func setReading(_ on: Bool) {
        guard phase != .closed, on != isReading else { return }
        isReading = on
        updateEvents()
    }

    package func setWriting(_ on: Bool) {
        guard phase != .closed, on != isWriting else { return }
        isWriting = on
        updateEvents()
    }

    /// Sends the end of our side; input is still taken.
    package func finishWriting() {
        guard phase == .open else { return }
        if let tls { return finish(tls) }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// When `expired` is called unless the deadline has moved by then.
    /// - Parameter seconds: from now; nil: never.
    package func setDeadline(after seconds: Int64?) {
        let before = deadline
        deadline = seconds.map { loop.context.seconds + $0 } ?? Self.never
        if deadline < before { loop.context.schedule(self) }
    }

    func expire() { owner?.expired() }

    func updateEvents() {
        if phase == .connecting || phase == .closed { return }
        let wanted = (isReading ? Self.readEvents : 0) | (isWriting || hasUnsent ? UInt32(TANDEM_EPOLLOUT) : 0)
        if isParked {
            guard wanted != 0 else { return }
            isParked = false
            events = wanted
            loop.watch(self)
            return
        }
        if wanted == events { return }
        events = wanted
        loop.setEvents(of: self)
    }

    /// Its owner hears nothing more.
    package func close() {
        guard phase != .closed else { return }
        // The other side may be gone: it is over either way.
        if let tls, phase == .open {
            tls.sayEnd()
            _ = tls.flush()
        }
        phase = .closed
        owner = nil
        deadline = Self.never
        loop.remove(self)
    }
}
