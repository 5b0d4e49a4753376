/// Drives all streams of one HTTP/2 connection (RFC 9113): bytes in, frames out through the transport, time from the loop.
/// State belongs to one event loop.
///
/// ```
///  open ── last GOAWAY, streams over ──▶ finishing ─▶ lingering ─▶ closed
///    └──── fault: GOAWAY with its code ─────▲
/// ```
/// A request that comes in one frame and is answered at once, within the windows, never becomes a `HTTP2Stream`: its frames
/// are in the batch before the next request is read. Everything else has one, at most `concurrentStreams` of them; answers
/// that cannot go out yet wait there as references, and are turned into frames only when the transport and both windows take
/// them. What belongs to what: reading here and in `+control`, the streams' lives in `+streams` and `+bodies`, answers in
/// `+answers`, `+turns` and `+streaming`, its time in `+deadlines`, its end in `+end`.
package final class HTTP2Connection: TimedConnection {
    enum Phase {
        case open
        /// The last GOAWAY is queued, and there are no streams.
        case finishing
        case lingering
        case closed
    }

    /// RFC 9113 §6.8: the first GOAWAY names no stream, so that requests on their way are still served.
    enum Drain {
        case none
        case announced
        /// The last stream that is served.
        case last(UInt32)
    }

    package let loop: LoopContext
    package unowned let transport: any ByteTransport
    let peer: PeerAddress
    private var reader: HTTP2FrameReader
    var decoder = HPACKDecoder()
    var input = InputBuffer()
    var output = HTTP2Output()
    var settings = HTTP2Settings()
    /// By id, which only ever grows.
    var streams: [HTTP2Stream] = []
    var closedStreams = ClosedStreams()
    /// The highest stream that the peer has opened.
    var lastStream: UInt32 = 0
    /// Streams with an answer that is not out.
    var answering = 0
    var nextTurn: UInt64 = 0
    /// Of the request that is being handled.
    var currentPriority = HTTP2Priority()
    /// Our next header block must say that we use no table (RFC 9113 §4.3.1).
    var mustAnnounceTable = false
    /// The peer takes more than its share of a turn of the loop: it goes on in the next.
    var hasYielded = false
    /// Bytes of DATA that we may send on all streams together.
    var sendWindow = 65_535
    var receiveWindow = 65_535
    var credit = 0
    /// Of streams that are not open yet (RFC 9218 §7.1); few are kept.
    var earlyPriorities: [(stream: UInt32, priority: HTTP2Priority)] = []
    /// An exchange that is free: requests that are answered at once need one between them.
    var spare: Exchange?
    var phase = Phase.open
    var drainState = Drain.none
    var turnDepth = 0
    var isReading = true
    var isWriting = false
    var inputHasEnded = false
    var timing = Timing.idle
    var discarded: UInt64 = 0
    /// Bytes moved since the stall deadline was last set.
    var moved = 0
    package var deadline: Int64
    package var wheelSecond = Int64.max
    package let ticket = TimerTicket()
    /// When it came, in seconds of the loop's clock.
    let since: Int64

    var resets: RateBudget
    private var pings: RateBudget
    var settingsFrames: RateBudget
    private var emptyFrames: RateBudget
    var windowUpdates: RateBudget
    private var otherFrames: RateBudget

    var limits: HTTP2Limits { loop.limits.http2 }

    package init(loop: LoopContext, transport: any ByteTransport, peer: PeerAddress) {
        self.loop = loop
        self.transport = transport
        self.peer = peer
        let limits = loop.limits.http2
        let now = loop.seconds
        reader = HTTP2FrameReader(limits: limits)
        since = now
        deadline = now + Int64(loop.limits.headSeconds)
        resets = RateBudget(limits.resets, now: now)
        pings = RateBudget(limits.pings, now: now)
        settingsFrames = RateBudget(limits.settings, now: now)
        emptyFrames = RateBudget(limits.emptyFrames, now: now)
        windowUpdates = RateBudget(limits.windowUpdates, now: now)
        otherFrames = RateBudget(limits.otherFrames, now: now)
        ticket.connection = self
    }

    deinit {
        ticket.connection = nil
        for stream in streams { stream.exchange.isAbandoned = true }
    }

    // MARK: Input

    /// Bytes have come. They are the transport's and valid during the call.
    package func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        switch phase {
        case .open: break
        case .finishing, .closed: return
        case .lingering:
            discarded += UInt64(bytes.count)
            if discarded > loop.limits.discardedBody { transport.close() }
            return
        }
        beginTurn()
        if input.isEmpty {
            let consumed = process(base, bytes.count)
            if consumed < bytes.count, phase == .open { input.append(base + consumed, bytes.count - consumed) }
        } else {
            input.append(base, bytes.count)
            processInput()
        }
        endTurn()
    }

    func processInput() {
        let consumed = process(input.base, input.count)
        input.removeFirst(consumed)
    }

    /// Whether our own control frames wait for a peer that does not read: then neither do we.
    var isHeldUp: Bool { output.isBlocked && output.waitingCount > HTTP2Workspace.batchCount + limits.controlBytes }

    var hasPreface: Bool { reader.hasPreface }
    var isBetweenFrames: Bool { reader.isBetweenFrames && input.isEmpty }

    /// - Returns: bytes consumed.
    private func process(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        var at = 0
        var consumed = 0
        while phase == .open, !isHeldUp {
            let event = reader.next(base + at, count: count - at, consumed: &consumed)
            at += consumed
            if case .needsMore = event { break }
            perform(event)
        }
        return phase == .open ? at : count
    }

    @inline(__always)
    private func perform(_ event: HTTP2FrameReader.Event) {
        switch event {
        case .headers(let stream, let block, let endsStream): receiveHeaders(stream, block, endsStream)
        case .window(let stream, let increment): receiveWindow(stream, increment)
        case .data(let stream, let bytes, let charged, let endsStream):
            if bytes.isEmpty, !endsStream, !emptyFrames.take(now: loop.seconds) { return fail(.enhanceYourCalm, .emptyFrameFlood) }
            receiveData(stream, bytes, charged, endsStream)
        default: performRare(event)
        }
    }

    private func performRare(_ event: HTTP2FrameReader.Event) {
        switch event {
        case .preface: sendPreface()
        case .settings(let payload): receiveSettings(payload)
        case .reset(let stream, _): receiveReset(stream)
        case .ping(let data):
            guard pings.take(now: loop.seconds) else { return fail(.enhanceYourCalm, .pingFlood) }
            sendPing(data, flags: HTTP2Frame.Flag.ack)
        case .pong(let data):
            if data == Self.drainPing { finishDrain() }
        case .priorityUpdate(let stream, let value):
            guard otherFrames.take(now: loop.seconds) else { return fail(.enhanceYourCalm, .frameFlood) }
            receivePriority(stream, value)
        case .ignored:
            if !otherFrames.take(now: loop.seconds) { fail(.enhanceYourCalm, .frameFlood) }
        case .streamFault(let stream, let code):
            // On a stream that is not open there is nothing to reset.
            if find(stream) != nil { reset(stream, code) }
        case .fault(let code, let fault): fail(code, fault)
        // The peer's streams end as they do; it opens no more.
        case .goAway, .settingsAcknowledged, .piece, .needsMore: break
        case .headers, .window, .data: break
        }
    }
}
