import CTandem
import Glibc
import Model
import NIOCore
import NIOPosix
import Sockets

/// The transport over swift-nio, for TLS: one thread, one NIO event loop, which accepts for itself on its own duplicates of the
/// listening sockets and keeps what it accepts. State belongs to that loop; other threads reach it through its mailbox.
///
/// Why not one acceptor that hands connections out: a child whose set-up on another loop is not back when the server channel
/// closes is closed by NIO, and a worker that is replaced would reset connections (`facts.md`: 36 in 326,513, against none).
package final class NIOLoop {
    let context: LoopContext
    let loop: any EventLoop
    private let mailbox: LoopMailbox
    private let failure: (EngineError) -> Void
    private var servers: [Server] = []
    private var connections: [ObjectIdentifier: NIOConnection] = [:]
    /// In the order of their coming, which is that of their deadlines; those that are over are passed over.
    private var handshakes = HandshakeQueue()
    private var isAccepting = true
    private var isStopping = false
    private var isOver = false
    private var cutCount = 0
    /// When the loop looks at `context.nextTurn` next, in milliseconds of its clock.
    private var turnAt = Int64.max
    private let readBlock: UnsafeMutableRawBufferPointer

    private struct Server {
        let channel: any Channel
        let descriptor: Int32
        let tls: TLSIdentities?
    }

    /// Turns on this thread until `stop` was asked for and the last connection has gone or its time is over.
    /// - Parameters:
    ///   - entrances: what to listen on.
    ///   - begun: called once, before anything is accepted: it sets the handler.
    ///   - failure: called when the loop could not begin; it ends then.
    /// - Returns: how many connections were cut off by the end of a stop's grace.
    package static func run(
        limits: EngineLimits, mailbox: LoopMailbox, entrances: [Entrance], begun: @escaping (LoopContext) -> Void,
        failure: @escaping (EngineError) -> Void
    ) -> Int {
        var started: NIOLoop?
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
            let ours = NIOLoop(limits: limits, mailbox: mailbox, loop: loop, failure: failure)
            started = ours
            ours.context.isSecure = entrances.contains { $0.tls != nil }
            begun(ours.context)
            ours.begin(entrances)
        }
        return started?.cutCount ?? 0
    }

    private init(limits: EngineLimits, mailbox: LoopMailbox, loop: any EventLoop, failure: @escaping (EngineError) -> Void) {
        context = LoopContext(limits: limits)
        self.mailbox = mailbox
        self.loop = loop
        self.failure = failure
        readBlock = .allocate(byteCount: 64 * 1024, alignment: 64)
    }

    deinit {
        readBlock.deallocate()
    }

    private func begin(_ entrances: [Entrance]) {
        waitForNextSecond()
        context.stopLoop = { [unowned self] in stop(grace: $0) }
        context.countConnections = { [unowned self] in census() }
        let bound = NIOLoopBound(self, eventLoop: loop)
        mailbox.ring { [loop, mailbox] in
            loop.execute {
                let ours = bound.value
                ours.context.clock.update()
                for work in mailbox.takeAll() { work(ours.context) }
                ours.eventIsOver()
            }
        }
        for entrance in entrances { listen(at: entrance) }
    }

    // MARK: Accepting

    private func listen(at entrance: Entrance) {
        let descriptor: Int32
        do throws(SocketFault) {
            descriptor = try entrance.socket.duplicate()
        } catch {
            return give(up: .socket(error))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let tls = entrance.tls
        let bootstrap = ServerBootstrap(group: loop, childGroup: loop)
            // One at a time, so that the other loops have their share and the limit is exact.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ListenerHandler(loop: bound.value)) }
            }
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.accepted(channel, tls: tls) }
            }
        bootstrap.withBoundSocket(descriptor).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let server):
                // NIO has just set the backlog of the shared socket to 128; `.backlog` does not help.
                Glibc.listen(descriptor, ListeningSocket.backlog)
                if self.isStopping { return server.close(promise: nil) }
                self.servers.append(Server(channel: server, descriptor: descriptor, tls: tls))
                if !self.isAccepting { Self.setReading(false, of: server) }
            case .failure(let error): self.give(up: .system("listening for NIO (\(error))", (error as? IOError)?.errnoCode ?? EINVAL))
            }
        }
    }

    private func give(up error: EngineError) {
        failure(error)
        stop(grace: .zero)
    }

    private func accepted(_ channel: any Channel, tls: TLSIdentities?) throws {
        context.clock.update()
        let connection = NIOConnection(loop: self, channel: channel)
        connections[ObjectIdentifier(connection)] = connection
        context.connectionCount += 1
        context.acceptedCount &+= 1
        if context.connectionCount >= context.limits.connections { pauseAccepting() }
        do {
            try connection.prepare(tls: tls)
        } catch {
            // Gone already, and perhaps before anything would say so.
            connection.cutOff()
            remove(connection)
            throw error
        }
    }

    /// NIO accepts when the descriptor is readable the next time round; here there is none.
    private func acceptQueued(at server: Server) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let tls = server.tls
        while context.connectionCount < context.limits.connections {
            let descriptor = tandem_accept(server.descriptor, nil, nil)
            if descriptor < 0 { return }
            _ = ClientBootstrap(group: loop)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try bound.value.accepted(channel, tls: tls) }
                }
                .withConnectedSocket(descriptor)
        }
    }

    func pauseAccepting() {
        guard isAccepting else { return }
        isAccepting = false
        for server in servers { Self.setReading(false, of: server.channel) }
    }

    private func resumeAccepting() {
        isAccepting = true
        for server in servers { Self.setReading(true, of: server.channel) }
    }

    private static func setReading(_ on: Bool, of server: any Channel) {
        // It fails for a channel that is closed, which accepts nothing anyway.
        try? server.syncOptions?.setOption(.autoRead, value: on)
    }

    func remove(_ connection: NIOConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        context.connectionCount -= 1
        endIfDone()
    }

    // MARK: Handshakes

    func handshakeBegins(_ connection: NIOConnection) {
        handshakes.append(connection, deadline: context.seconds + Int64(context.limits.handshakeSeconds))
        if handshakes.count > context.limits.handshakes { handshakes.oldest()?.cutOff() }
    }

    func handshakeIsOver() { handshakes.oneIsOver() }

    // MARK: Time

    /// The loop is held by its own timer until it is over.
    private func waitForNextSecond() {
        // Just behind its beginning, so that none is ever skipped: deadlines are whole seconds.
        loop.assumeIsolated().scheduleTask(in: .milliseconds(1005 - context.clock.monotonic % 1000)) {
            if self.isOver { return }
            self.everySecond()
            self.waitForNextSecond()
        }
    }

    private func everySecond() {
        context.clock.update()
        for connection in handshakes.expired(at: context.seconds) { connection.cutOff() }
        for connection in context.timers.advance(to: context.seconds) { connection.expire() }
        if let drain = context.drain { enforce(drain) }
        if !isAccepting, !isStopping, context.connectionCount < context.limits.connections { resumeAccepting() }
        context.handler.turn(context)
        eventIsOver()
    }

    /// After each event: a handler may want its turn sooner than in a second.
    @inline(__always)
    func eventIsOver() {
        if context.nextTurn < turnAt { scheduleTurn() }
    }

    private func scheduleTurn() {
        let at = context.nextTurn
        turnAt = at
        // The clock is coarse: a millisecond early would be a turn for nothing.
        loop.assumeIsolated().scheduleTask(in: .milliseconds(max(at - context.clock.monotonic, 0) + 1)) {
            guard self.turnAt == at, !self.isOver else { return }
            self.turnAt = .max
            self.context.clock.update()
            if self.context.isTurnDue { self.context.handler.turn(self.context) }
            self.eventIsOver()
        }
    }

    // MARK: Stopping

    private func census() -> ConnectionCensus {
        var census = ConnectionCensus()
        for connection in connections.values { connection.count(in: &census, now: context.seconds) }
        return census
    }

    private func enforce(_ drain: Drain) {
        for connection in Array(connections.values) {
            guard let kind = connection.kind, drain.isOver(kind, now: context.clock.monotonic) else { continue }
            context.forcedCount += 1
            connection.cutOff()
        }
    }

    /// Stops accepting, closes idle connections, and lets the others finish for at most `grace`.
    private func stop(grace: Duration) {
        if !isStopping {
            // What waits in the queue has been told that it is connected: it is served like the rest.
            for server in servers where isAccepting { acceptQueued(at: server) }
            pauseAccepting()
            for server in servers { server.channel.close(promise: nil) }
            servers = []
        }
        isStopping = true
        context.isDraining = true
        for connection in connections.values { connection.drain(readBlock) }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(grace.wholeMilliseconds)) { self.end() }
        endIfDone()
    }

    private func endIfDone() {
        if isStopping, context.connectionCount == 0 { end() }
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        cutCount = connections.count + context.forcedCount
        for connection in connections.values { connection.cutOff() }
        mailbox.ring(by: {})
        // Later: this may be the loop's own call from within a closing channel.
        loop.execute { [loop] in loop.shutdownGracefully { _ in } }
    }
}

/// Watches a listening channel for what stops accepting: without descriptors or memory, accepting again at once would spin.
private final class ListenerHandler: ChannelInboundHandler {
    typealias InboundIn = Channel
    private unowned let loop: NIOLoop

    init(loop: NIOLoop) {
        self.loop = loop
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        _ = loop.context.handler.giveUpDescriptors()
        loop.pauseAccepting()
    }
}

/// Handshakes under way, each with the second by which it must be over.
private struct HandshakeQueue {
    private struct Entry {
        weak var connection: NIOConnection?
        var deadline: Int64
    }

    private var entries: [Entry] = []
    private var first = 0
    /// How many are under way.
    private(set) var count = 0

    mutating func append(_ connection: NIOConnection, deadline: Int64) {
        entries.append(Entry(connection: connection, deadline: deadline))
        count += 1
    }

    mutating func oneIsOver() { count -= 1 }

    /// Takes the one that began first.
    mutating func oldest() -> NIOConnection? {
        while first < entries.count {
            let connection = entries[first].connection
            first += 1
            if let connection, connection.isInHandshake { return connection }
        }
        forgetPassed()
        return nil
    }

    mutating func expired(at second: Int64) -> [NIOConnection] {
        var found: [NIOConnection] = []
        while first < entries.count, entries[first].deadline <= second {
            if let connection = entries[first].connection, connection.isInHandshake { found.append(connection) }
            first += 1
        }
        forgetPassed()
        return found
    }

    private mutating func forgetPassed() {
        entries.removeFirst(first)
        first = 0
    }
}
