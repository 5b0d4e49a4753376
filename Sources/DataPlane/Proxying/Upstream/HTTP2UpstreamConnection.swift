import Glibc
import HTTPEngine
import Snapshots

/// One connection of HTTP/2 to a server: carries as many requests at once as the server takes, and feeds what comes to the machine.
/// State belongs to one event loop.
///
/// ```
///  connecting (requests wait) ─▶ open ─▶ going away (what is in work ends) ─▶ closed
/// ```
final class HTTP2UpstreamConnection: OutgoingOwner {
    /// Requests that wait for a connection to open; the next takes another.
    private static let waitingLimit = 100
    /// Bytes of ours that wait for a server that does not read, before nothing more is read of it.
    private static let outputLimit = 256 * 1024

    let pool: ServerPool
    private var socket: OutgoingSocket?
    var machine: HTTP2ClientMachine
    /// A frame in pieces.
    var input = InputBuffer()
    var streams: [UInt32: HTTP2UpstreamStream] = [:]
    private var waiting: [HTTP2UpstreamStream] = []
    /// Those of which a piece has come, and whose answers are encoded.
    var encoding: [HTTP2UpstreamStream] = []
    /// Whether it has carried a request before.
    private(set) var isUsed = false
    var isClosed = false
    /// In the middle of what has come: what is written leaves at its end.
    var isProcessing = false
    private var deadline = Int64.max

    init(pool: ServerPool) {
        self.pool = pool
        machine = HTTP2ClientMachine(limits: pool.loop.limits, isSecure: pool.server.isSecure, now: pool.loop.clock.monotonic / 1000)
    }

    /// - Returns: false, with `errno`, when it cannot even be begun.
    func open() -> Bool {
        socket = pool.server.connect(to: pool.nextAddress(), on: pool.loop, owner: self, preamble: [])
        return socket != nil
    }

    var isConnected: Bool { socket?.isConnected ?? false }
    var hasUnsent: Bool { !machine.output.isEmpty || (socket?.hasUnsent ?? false) }
    var hasRoom: Bool { !isClosed && (isConnected ? machine.hasRoom : waiting.count < Self.waitingLimit) }
    private var isIdle: Bool { streams.isEmpty && waiting.isEmpty }
    var now: Int64 { pool.loop.clock.monotonic / 1000 }

    // MARK: Streams

    func join() -> HTTP2UpstreamStream {
        let stream = HTTP2UpstreamStream(self)
        if !isConnected { waiting.append(stream) }
        return stream
    }

    func open(_ stream: HTTP2UpstreamStream, _ head: UnsafeRawBufferPointer, isHead: Bool, hasBody: Bool) -> UInt32 {
        let id = machine.open(head, isHead: isHead, hasBody: hasBody)
        streams[id] = stream
        isUsed = true
        flush()
        return id
    }

    func send(_ bytes: UnsafeRawBufferPointer, on id: UInt32) -> Int {
        // What the kernel does not take waits with its stream, so that nobody fills a connection that others share.
        if machine.output.count > Self.outputLimit { return 0 }
        let taken = machine.send(bytes, on: id)
        flush()
        return taken
    }

    func finish(_ id: UInt32, trailers: [UInt8]) {
        machine.finish(id, trailers: trailers)
        flush()
    }

    func consumed(_ count: Int, on id: UInt32) {
        machine.consumed(count, on: id)
        flush()
    }

    /// Its passage is done with it, whether or not its answer is whole.
    func leave(_ stream: HTTP2UpstreamStream) {
        waiting.removeAll { $0 === stream }
        if streams.removeValue(forKey: stream.id) != nil { machine.reset(stream.id) }
        flush()
        settle()
    }

    // MARK: Time

    /// When that many seconds have passed; the connection looks at the earliest of all.
    func deadline(after seconds: Int64) -> Int64 {
        let then = now + seconds
        if then < deadline {
            deadline = then
            socket?.setDeadline(after: seconds)
        }
        return then
    }

    func expired() {
        let all = Array(streams.values) + waiting
        if all.isEmpty { return close() }
        deadline = .max
        for stream in all where stream.deadline <= now { stream.passage?.expired() }
        guard !isClosed else { return }
        let next = (streams.values.map(\.deadline) + waiting.map(\.deadline)).min() ?? now + pool.idleSeconds
        deadline = next
        socket?.setDeadline(after: max(next - now, 1))
    }

    // MARK: OutgoingOwner

    func connected() {
        if pool.server.isSecure, socket?.isHTTP2 != true { return end(.tls(.noAgreement)) }
        let all = waiting
        waiting = []
        flush()
        for (place, stream) in all.enumerated() {
            // The server's settings have not come: it may take fewer, and then says so.
            guard machine.hasRoom, !isClosed else {
                for rest in all[place...] { rest.passage?.failed(.unprocessed) }
                break
            }
            if let passage = stream.passage { passage.connected(stream) }
        }
        settle()
    }

    /// What the kernel does not take waits; a server that takes nothing is not read either.
    func flush() {
        guard !isProcessing, !isClosed, isConnected, let socket, !machine.output.isEmpty else { return }
        let taken = socket.send(UnsafeRawBufferPointer(start: machine.output.base, count: machine.output.count))
        // What the server has said before it went is read first.
        if taken < 0 { machine.output.removeAll() } else { machine.output.removeFirst(taken) }
        socket.setWriting(!machine.output.isEmpty)
        socket.setReading(machine.output.count <= Self.outputLimit + 64 * 1024)
    }

    func writable() {
        flush()
        if machine.output.count <= Self.outputLimit { pump() }
    }

    // MARK: The end

    /// A connection without streams waits for more, or ends.
    func settle() {
        guard !isClosed, isIdle, isConnected else { return }
        if machine.isGoingAway || pool.hasLeft || pool.loop.isDraining { return close() }
        deadline = now + pool.idleSeconds
        socket?.setDeadline(after: pool.idleSeconds)
    }

    func endOfInput() { end(.answer(.endedBeforeAnswer)) }

    func failed(_ fault: OutgoingFault) {
        switch fault {
        case .system(let code): end(.transport(code))
        case .tls(let fault): end(.tls(fault))
        }
    }

    /// All that is under way fails.
    func end(_ failure: PassageFailure) {
        let all = Array(streams.values) + waiting
        isProcessing = false
        close()
        for stream in all {
            let isTruncated = if case .answer(.endedBeforeAnswer) = failure { stream.hasAnswerBegun } else { false }
            stream.passage?.failed(isTruncated ? .answer(.truncated) : failure)
        }
    }

    /// Ends it where nobody waits for anything.
    func closeIfIdle() {
        if isIdle { close() }
    }

    private func close() {
        guard !isClosed else { return }
        machine.sayEnd()
        flush()
        isClosed = true
        streams = [:]
        waiting = []
        pool.forget(self)
        socket?.close()
        socket = nil
        input.removeAll()
        machine.output.removeAll()
    }
}
