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
    /// - Parameter code: of `errno`.
    func failed(_ code: Int32)
    /// Its deadline has passed.
    func expired()
}

/// A connection from here to another server, in the epoll set of the clients' connections. State belongs to one event loop.
///
/// ```
///  connecting ─▶ open ─▶ closed
///      └─ failed ───────▶┘
/// ```
/// It lives until it is closed, and its owner with it.
package final class OutgoingSocket: TimedConnection {
    private enum Phase {
        case connecting, open, closed
    }

    private static let never = Int64.max / 2
    private static let readEvents = UInt32(TANDEM_EPOLLIN) | UInt32(TANDEM_EPOLLRDHUP)

    let descriptor: Int32
    let generation: UInt32
    // Unsafe, since counting its references costs two atomic operations a read: the loop closes its sockets before it goes.
    private unowned(unsafe) let loop: EpollLoop
    private var owner: (any OutgoingOwner)?
    private var phase: Phase
    private var isReading = true
    private var isWriting = false
    /// Taken out of the epoll set: its other side has gone, and nobody wants to read what is left.
    private var isParked = false
    private(set) var events: UInt32
    package private(set) var deadline = OutgoingSocket.never
    var wheelSecond = Int64.max
    let ticket = TimerTicket()

    init(loop: EpollLoop, descriptor: Int32, generation: UInt32, isConnected: Bool, owner: any OutgoingOwner) {
        self.loop = loop
        self.descriptor = descriptor
        self.generation = generation
        self.owner = owner
        phase = isConnected ? .open : .connecting
        events = isConnected ? Self.readEvents : UInt32(TANDEM_EPOLLOUT)
        ticket.connection = self
    }

    deinit {
        ticket.connection = nil
    }

    package var isConnected: Bool { phase == .open }
    package var isClosed: Bool { phase == .closed }

    @inline(__always)
    func ready(_ events: UInt32) {
        guard let owner else { return }
        if phase == .connecting { return finishConnecting(owner) }
        if events & UInt32(TANDEM_EPOLLOUT) != 0, isWriting { owner.writable() }
        if events & (Self.readEvents | UInt32(TANDEM_EPOLLERR) | UInt32(TANDEM_EPOLLHUP)) != 0, phase == .open {
            if isReading { read(owner) } else if events & (UInt32(TANDEM_EPOLLERR) | UInt32(TANDEM_EPOLLHUP)) != 0 { park() }
        }
    }

    private func finishConnecting(_ owner: any OutgoingOwner) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        if code != 0 { return fail(code) }
        phase = .open
        updateEvents()
        owner.connected()
    }

    private func read(_ owner: any OutgoingOwner) {
        let count = recv(descriptor, loop.readBlock.baseAddress, loop.readBlock.count, 0)
        if count > 0 {
            owner.received(UnsafeRawBufferPointer(start: loop.readBlock.baseAddress, count: count))
        } else if count == 0 {
            owner.endOfInput()
        } else if errno != EAGAIN, errno != EINTR {
            fail(errno)
        }
    }

    private func fail(_ code: Int32) {
        let owner = owner
        close()
        owner?.failed(code)
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
        while true {
            let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
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
        if phase == .open { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// When `expired` is called unless the deadline has moved by then.
    /// - Parameter seconds: from now; nil: never.
    package func setDeadline(after seconds: Int64?) {
        let before = deadline
        deadline = seconds.map { loop.context.seconds + $0 } ?? Self.never
        if deadline < before { loop.context.schedule(self) }
    }

    func expire() { owner?.expired() }

    private func updateEvents() {
        if phase == .connecting { return }
        let wanted = (isReading ? Self.readEvents : 0) | (isWriting ? UInt32(TANDEM_EPOLLOUT) : 0)
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
        phase = .closed
        owner = nil
        deadline = Self.never
        loop.remove(self)
    }
}
