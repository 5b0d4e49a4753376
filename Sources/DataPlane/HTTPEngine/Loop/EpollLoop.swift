import CTandem
import Glibc
import Model
import Sockets

/// The transport: one thread, one epoll set, its own duplicates of the listening sockets. Everything in it belongs to
/// that thread; other threads reach it through its mailbox.
///
/// One `recv` into a shared block per readable event: a connection that waits holds no buffer, and one that floods gets its turn like
/// any other. Who only reads is told of edges, since a level is looked at again when it has gone; who waits to write, of levels.
package final class EpollLoop {
    package let context: LoopContext
    package let mailbox: LoopMailbox
    let epoll: Int32
    private var listeners: [Int32] = []
    /// By listener.
    private var entrances: [Int32: Entrance] = [:]
    /// Made for the first encrypted connection.
    private(set) lazy var pipe = TLSPipe()
    var handshakes = HandshakeLine()
    /// By descriptor. A slot is empty when its descriptor is no connection of ours.
    private var connections: ContiguousArray<EpollConnection?> = []
    /// By descriptor: connections that were opened from here.
    var outgoing: ContiguousArray<OutgoingSocket?> = []
    private var isAccepting = true
    private var isStopping = false
    /// Connections that the end of a stop's grace cut off.
    package private(set) var cutCount = 0
    let readBlock: UnsafeMutableRawBufferPointer
    private static let batch = 256

    package init(limits: EngineLimits, mailbox: LoopMailbox) throws(EngineError) {
        context = LoopContext(limits: limits)
        self.mailbox = mailbox
        epoll = tandem_epoll_create()
        if epoll < 0 { throw .system("epoll_create1", errno) }
        readBlock = .allocate(byteCount: 64 * 1024, alignment: 64)
        tandem_epoll_ctl(epoll, 1, mailbox.descriptor, UInt32(TANDEM_EPOLLIN), UInt64(mailbox.descriptor))
    }

    deinit {
        for listener in listeners { close(listener) }
        close(epoll)
        readBlock.deallocate()
    }

    package func setHandler(_ handler: any RequestHandler) {
        context.handler = handler
    }

    package func listen(at entrance: Entrance) throws(EngineError) {
        let copy: Int32
        do throws(SocketFault) { copy = try entrance.socket.duplicate() } catch { throw .socket(error) }
        // What it accepts inherits it; on a Unix socket it is refused, and not needed.
        var on: Int32 = 1
        setsockopt(copy, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        listeners.append(copy)
        entrances[copy] = entrance
        watchListener(copy)
    }

    private func watchListener(_ listener: Int32) {
        // Exclusive: a connection wakes one loop, not all.
        let events = UInt32(TANDEM_EPOLLIN) | UInt32(TANDEM_EPOLLEXCLUSIVE)
        tandem_epoll_ctl(epoll, 1, listener, events, UInt64(listener))
    }

    /// Turns until `stop` was asked for and the last connection has gone or its time is over.
    package func run() {
        let size = tandem_epoll_event_size()
        let events = UnsafeMutableRawPointer.allocate(byteCount: size * Self.batch, alignment: 8)
        defer { events.deallocate() }
        var lastSecond = context.seconds
        while !isStopping || (context.connectionCount > 0 && context.clock.monotonic < context.stopBy) {
            let count = tandem_epoll_wait(epoll, events, Int32(Self.batch), Int32(context.nextWait))
            context.clock.update()
            for index in 0..<max(Int(count), 0) {
                let event = tandem_epoll_event(events, Int32(index))
                dispatch(Int32(truncatingIfNeeded: event.data), generation: UInt32(event.data >> 32), event.events)
            }
            if context.seconds != lastSecond {
                lastSecond = context.seconds
                everySecond()
            } else if context.isTurnDue {
                context.handler.turn(context)
            }
        }
        cutCount = context.connectionCount + context.forcedCount
        for connection in connections { connection?.close() }
        for socket in outgoing { socket?.close() }
    }

    @inline(__always)
    private func dispatch(_ descriptor: Int32, generation: UInt32, _ events: UInt32) {
        let index = Int(descriptor)
        if index < connections.count, let connection = connections[index] {
            // An event of this batch may be for a descriptor that was closed and opened again meanwhile.
            if connection.generation == generation { connection.ready(events) }
        } else if index < outgoing.count, let socket = outgoing[index] {
            if socket.generation == generation { socket.ready(events) }
        } else if descriptor == mailbox.descriptor {
            for work in mailbox.takeAll() { work(context) }
        } else if listeners.contains(descriptor) {
            accept(on: descriptor)
        }
    }

    private func everySecond() {
        for connection in context.timers.advance(to: context.seconds) { connection.expire() }
        for connection in handshakes.expired(at: context.seconds) { connection.close() }
        enforceLimits()
        if !isAccepting, !isStopping, context.connectionCount < context.limits.connections, hasDescriptor() { resumeAccepting() }
        context.handler.turn(context)
    }

    // MARK: Accepting

    /// - Returns: whether more may wait.
    @discardableResult
    private func accept(on listener: Int32) -> Bool {
        let entrance = entrances[listener]
        let table = entrance?.tls?.table
        var storage = sockaddr_storage()
        // A few at a time: the other loops are to have their share, and what is left wakes somebody again.
        for _ in 0..<16 {
            if context.connectionCount >= context.limits.connections {
                pauseAccepting()
                return false
            }
            var length = UInt32(MemoryLayout<sockaddr_storage>.size)
            let descriptor = tandem_accept(listener, &storage, &length)
            if descriptor < 0 {
                if errno == EMFILE || errno == ENFILE, context.handler.giveUpDescriptors() { continue }
                // Out of descriptors or memory: accepting again at once would spin. The queue keeps the connection.
                if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
                    context.shortages += 1
                    pauseAccepting()
                }
                return false
            }
            let peer = withUnsafeBytes(of: &storage) { raw in raw.baseAddress.map { PeerAddress($0) } ?? .local }
            add(descriptor, peer, table, isBalanced: entrance?.balancers.map { $0(peer) })
            // The kernel gives the lowest that is free: fewer are left now than the rest of the process may need.
            if Int(descriptor) >= context.limits.descriptors, !context.handler.giveUpDescriptors() {
                context.shortages += 1
                pauseAccepting()
                return false
            }
        }
        return true
    }

    /// Whether another connection would leave enough to the rest of the process.
    private func hasDescriptor() -> Bool {
        if context.limits.descriptors == .max { return true }
        let probe = fcntl(epoll, F_DUPFD_CLOEXEC, 0)
        if probe >= 0 { Glibc.close(probe) }
        return (probe >= 0 && Int(probe) < context.limits.descriptors) || context.handler.giveUpDescriptors()
    }

    private var generation: UInt32 = 0

    func nextGeneration() -> UInt32 {
        generation &+= 1
        return generation
    }

    /// - Parameter isBalanced: whether its header counts; nil: there is none.
    private func add(_ descriptor: Int32, _ peer: PeerAddress, _ table: TLSIdentities.Table?, isBalanced: Bool?) {
        let generation = nextGeneration()
        let tls = table.map { TLSSession($0, pipe: pipe, socket: descriptor) }
        let connection = EpollConnection(
            loop: self, descriptor: descriptor, generation: generation, peer: peer, tls: tls, awaitsHeader: isBalanced != nil)
        let index = Int(descriptor)
        while connections.count <= index { connections.append(nil) }
        connections[index] = connection
        context.connectionCount += 1
        context.acceptedCount &+= 1
        let data = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        if connection.isInHandshake {
            handshakes.append(connection, deadline: context.seconds + Int64(context.limits.handshakeSeconds))
        }
        if isBalanced == false { return connection.refuse(.unknownBalancer) }
        if tandem_epoll_ctl(epoll, 1, descriptor, connection.events, data) != 0 { return connection.close() }
        if let http = connection.http { context.schedule(http.timed) }
        if handshakes.count > context.limits.handshakes { handshakes.oldest()?.close() }
    }

    private func pauseAccepting() {
        guard isAccepting else { return }
        isAccepting = false
        for listener in listeners { tandem_epoll_ctl(epoll, 2, listener, 0, 0) }
    }

    private func resumeAccepting() {
        isAccepting = true
        for listener in listeners { watchListener(listener) }
    }

    func setEvents(_ events: UInt32, of connection: EpollConnection) {
        let data = UInt64(connection.generation) << 32 | UInt64(UInt32(bitPattern: connection.socket))
        tandem_epoll_ctl(epoll, 3, connection.socket, events, data)
    }

    func remove(_ connection: EpollConnection) {
        connections[Int(connection.socket)] = nil
        context.connectionCount -= 1
        // Closing takes it out of the epoll set.
        Glibc.close(connection.socket)
    }

    // MARK: Stopping

    func census() -> ConnectionCensus {
        var census = ConnectionCensus()
        for connection in connections {
            guard let connection else { continue }
            if let http = connection.http { census.count(http, now: context.seconds) } else { census.handshakes += 1 }
        }
        return census
    }

    /// Of a drain or a stop. A handshake has a limit of its own.
    private func enforceLimits() {
        guard context.conclusion != nil || context.drain != nil else { return }
        let now = context.clock.monotonic
        for connection in connections {
            guard let connection, let http = connection.http else { continue }
            let mustEnd = context.conclusion.map { http.conclude($0) } ?? false
            guard mustEnd || context.drain?.isOver(http.kind, now: now) ?? false, connection.isOpen else { continue }
            context.forcedCount += 1
            connection.close()
        }
    }

    /// Stops accepting, closes idle connections, and lets the others finish for at most `grace`.
    package func stop(grace: Duration) {
        if !isStopping {
            // What waits in the queue has been told that it is connected: it is served like the rest.
            for listener in listeners { while isAccepting, accept(on: listener) {} }
            pauseAccepting()
            for listener in listeners { Glibc.close(listener) }
            listeners = []
        }
        isStopping = true
        context.isDraining = true
        context.stopBy = context.clock.monotonic + grace.wholeMilliseconds
        for connection in connections {
            connection?.drain()
        }
        enforceLimits()
    }
}
