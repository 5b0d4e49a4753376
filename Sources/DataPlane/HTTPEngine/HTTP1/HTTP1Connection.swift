/// Drives one HTTP/1.1 connection: feeds the machine, hands requests to the handler in order, queues the answers.
/// State belongs to one event loop.
///
/// ```
///  idle ─▶ head ─▶ handling ─▶ (body) ─▶ idle
///                     │ answers queue; a full queue pauses input
///                     ▼
///                 finishing ─▶ lingering ─▶ closed
/// ```
/// Lingering: after the last answer the input is read over for a moment, since closing with unread bytes would make the
/// kernel reset the connection and the peer lose the answer (RFC 9112 §9.6). A client that itself asked for the end sends nothing more.
///
/// Here is what it holds; what comes is read in `+input`, answers are given in `+answers`, written and timed in `+output`, and its
/// end is in `+end`.
package final class HTTP1Connection: TimedConnection {
    enum Phase {
        case open
        /// The last answer is queued.
        case finishing
        case lingering
        case closed
    }

    /// What the deadline is for. A stall and a head count from their beginning, not from their last byte: else a byte now and
    /// then would hold a connection for ever.
    enum Timing {
        case idle, head, stall
    }

    package let loop: LoopContext
    package unowned let transport: any ByteTransport
    /// The transport's: asked for once, since every answer is written to it.
    let descriptor: Int32
    var machine = HTTP1Machine()
    var output = OutputQueue()
    var input = InputBuffer()
    var phase = Phase.open
    var isInBody = false
    var isProcessing = false
    /// Whether input stands behind the request that is being handled: then its answer waits for the next one's.
    var hasMoreInput = false
    /// The client has said that it sends no other request (RFC 9112 §9.6).
    var isLastRequest = false
    var isReading = true
    var isWriting = false
    var inputHasEnded = false
    var timing = Timing.idle
    var discarded: UInt64 = 0
    /// Bytes moved since the stall deadline was last set.
    var moved = 0
    /// Of the answer that is being streamed.
    var streamFraming = StreamFraming.none
    /// Whether another protocol is spoken now.
    var isTunnel = false
    /// Whether the connection closes after it.
    var streamCloses = false
    package internal(set) var exchange: Exchange!
    /// When something is due, in seconds of the loop's monotonic clock; read by the loop's timer wheel.
    package internal(set) var deadline: Int64
    /// When it came, in seconds of the loop's clock.
    let since: Int64
    let ticket = TimerTicket()
    /// The second in which the timer wheel looks at this connection next; belongs to the wheel.
    var wheelSecond = Int64.max

    package init(loop: LoopContext, transport: any ByteTransport, peer: PeerAddress) {
        self.loop = loop
        self.transport = transport
        descriptor = transport.descriptor
        since = loop.seconds
        deadline = loop.seconds + Int64(loop.limits.idleSeconds)
        exchange = Exchange(connection: self, peer: peer)
        ticket.connection = self
    }

    deinit {
        ticket.connection = nil
        exchange.isAbandoned = true
    }
}
