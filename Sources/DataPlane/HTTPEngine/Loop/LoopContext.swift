import Glibc
import Sockets

/// What the connections of one event loop share: its clock, limits, handler, timers and counts. State belongs to that loop.
package final class LoopContext {
    package let limits: EngineLimits
    package internal(set) var clock = LoopClock()
    /// Set once, before the first connection.
    package internal(set) var handler: any RequestHandler
    package internal(set) var isDraining = false
    /// By which other threads reach this loop; nil: there is no loop.
    package internal(set) var mailbox: LoopMailbox?
    /// Set when another generation has taken over.
    var drain: Drain?
    /// Set when a drain or a stop has begun.
    var conclusion: Conclusion?
    /// By which the moments of this loop's conclusions differ from those of others.
    var seed: UInt64 = 0
    /// Answers that go on until somebody ends them: so many have begun.
    var lastingCount: UInt64 = 0
    /// So many of them were told to end.
    var concludedCount = 0
    /// Connections that a limit of the drain has closed.
    var forcedCount = 0
    /// How often accepting paused since no descriptor or memory was free.
    var shortages = 0
    /// When a stop ends whatever still runs, in milliseconds of the monotonic clock.
    var stopBy: Int64 = .max

    /// Whether all its connections come over TLS; else none does.
    package internal(set) var isSecure = false

    package internal(set) var requestCount: UInt64 = 0
    package internal(set) var sentBytes: UInt64 = 0
    package internal(set) var connectionCount = 0
    package internal(set) var acceptedCount: UInt64 = 0

    /// When the handler wants its next `turn`, in milliseconds of the monotonic clock; the loop turns once a second anyway.
    package var nextTurn: Int64 = .max
    var stopLoop: ((Duration) -> Void)?
    var countConnections: (() -> ConnectionCensus)?
    var openConnection: ((SocketAddress, any OutgoingOwner, TLSConnector?, [UInt8]) -> OutgoingSocket?)?
    var timers: TimerWheel
    private(set) lazy var answerBlock = ByteBlock()
    private(set) lazy var http2 = HTTP2Workspace(limits: limits)
    /// A byte to point at while there is no request.
    let nothing: UnsafeMutablePointer<UInt8>

    init(limits: EngineLimits) {
        self.limits = limits
        handler = NoHandler()
        timers = TimerWheel(now: 0)
        nothing = .allocate(capacity: 1)
        nothing.initialize(to: 0)
        timers = TimerWheel(now: seconds)
    }

    deinit {
        nothing.deallocate()
    }

    /// Whole seconds of the monotonic clock.
    @inline(__always)
    var seconds: Int64 { clock.monotonic / 1000 }

    /// How long the loop may sleep, in milliseconds.
    var nextWait: Int64 { min(1000, max(min(nextTurn, stopBy) - clock.monotonic, 0)) }

    var isTurnDue: Bool { nextTurn <= clock.monotonic }

    /// From now on each connection closes after its next answer; new ones are still taken.
    package func beginDraining() { isDraining = true }

    /// Begins to connect to another server, on this loop.
    /// - Parameters:
    ///   - encryption: nil: plain.
    ///   - preamble: sent in front of everything, encryption too; at most a few hundred bytes.
    /// - Returns: nil, with `errno`, when it cannot even be begun.
    package func connect(
        to address: SocketAddress, owner: any OutgoingOwner, encryption: TLSConnector? = nil, preamble: [UInt8] = []
    ) -> OutgoingSocket? {
        guard let openConnection else {
            errno = ENOSYS
            return nil
        }
        return openConnection(address, owner, encryption, preamble)
    }

    /// Whatever was decided before: the sooner end counts.
    func conclude(by new: Conclusion) {
        if conclusion.map({ $0.over > new.over }) ?? true { conclusion = new }
    }

    /// What its connections are doing. Cost: a look at each.
    package func census() -> ConnectionCensus {
        var census = countConnections?() ?? ConnectionCensus()
        census.forced = forcedCount
        census.concluded = concludedCount
        census.shortages = shortages
        return census
    }

    /// Makes the wheel look at the connection no later than its deadline.
    func schedule(_ connection: any TimedConnection) {
        timers.insert(connection, deadline: connection.deadline)
    }
}

/// Stands in until the loop has its own.
private final class NoHandler: RequestHandler {
    func handle(_ exchange: Exchange) { exchange.respond(Response(status: 503)) }
    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}
    func turn(_ loop: LoopContext) {}
}
