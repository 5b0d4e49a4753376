/// The framing of what an upstream answers on one HTTP/1.1 connection, as a value: bytes in, events out. It knows no socket, no
/// clock, no client.
///
/// ```
///        begin                 ┌── 1xx ──┐
///  idle ───────▶ head ─────────┴─────────┴──▶ body / chunks / until the end ──▶ idle or over
///                  │ 101, where it was asked for
///                  └──────▶ tunnel
/// ```
/// The caller hands in the bytes that were not consumed yet, contiguous, and calls `next` until it answers `.needsMore`. Bytes
/// behind an answer that nobody asked for are not consumed: such a connection is not used again.
package struct HTTP1ClientMachine: Sendable {
    package enum Event: Hashable, Sendable {
        /// Nothing can be decoded; that many bytes (framing) were consumed.
        case needsMore(consumed: Int)
        /// The head of a 1xx; the answer is still to come.
        case interim(length: Int)
        /// The head of the answer. Its body follows, or `.end`.
        case head(length: Int)
        /// Bytes of the body at this offset; everything up to their end is consumed.
        case body(offset: Int, count: Int)
        /// The answer is over; that many bytes were consumed.
        case end(consumed: Int)
        /// The protocol has changed: what follows belongs to it.
        case upgraded(length: Int)
        case failed(UpstreamFault)
    }

    private enum State: Hashable, Sendable {
        case idle
        case head
        case body(UInt64)
        case chunks
        case untilClose
        case over
        case tunnel
    }

    /// Of 1xx before one answer.
    private static let interimLimit = 32

    private var state = State.idle
    private var scanner: HeadScanner?
    private var decoder = ChunkedDecoder()
    private var isHead = false
    private var mayUpgrade = false
    private var interims = 0
    private var hasBytes = false
    /// Whether the connection may carry another request: its answer is over, and it persists.
    package private(set) var isReusable = true

    package init() {}

    /// Field lines behind a chunked body, each with its CRLF, but those that may not stand there.
    package var trailers: [UInt8] { decoder.trailers }

    /// Whether no answer is expected: any byte now is out of turn.
    package var isIdle: Bool { state == .idle }

    /// Whether a byte of the answer has come.
    package var hasBegun: Bool { hasBytes }

    /// A request is being sent.
    /// - Parameters:
    ///   - isHead: it is a `HEAD`, whose answer has no body.
    ///   - mayUpgrade: it asks for another protocol.
    package mutating func begin(isHead: Bool, mayUpgrade: Bool = false) {
        precondition(state == .idle, "a request before the last answer was over")
        self.isHead = isHead
        self.mayUpgrade = mayUpgrade
        state = .head
        scanner = nil
        interims = 0
        hasBytes = false
        isReusable = false
    }

    package mutating func next(
        _ base: UnsafePointer<UInt8>, count: Int, limits: EngineLimits, into head: inout UpstreamHead
    ) -> Event {
        switch state {
        case .head: return parseHead(base, count, limits, &head)
        case .body(let remaining):
            if remaining == 0 { return end(0, reusable: head.keepsAlive) }
            guard count > 0 else { return .needsMore(consumed: 0) }
            let take = Int(min(remaining, UInt64(count)))
            state = .body(remaining - UInt64(take))
            return .body(offset: 0, count: take)
        case .chunks:
            switch decoder.next(base, count: count, limits: limits) {
            case .framing(let consumed): return .needsMore(consumed: consumed)
            case .data(let offset, let count): return .body(offset: offset, count: count)
            case .end(let consumed): return end(consumed, reusable: head.keepsAlive)
            case .refused(let refusal): return fail(refusal.reason == .badTrailer ? .badTrailer : .badChunk)
            }
        case .untilClose: return count > 0 ? .body(offset: 0, count: count) : .needsMore(consumed: 0)
        case .idle, .over, .tunnel: return .needsMore(consumed: 0)
        }
    }

    private mutating func parseHead(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ limits: EngineLimits, _ head: inout UpstreamHead
    ) -> Event {
        guard count > 0 else { return .needsMore(consumed: 0) }
        hasBytes = true
        // A head in pieces is parsed again only when its last line may have come.
        if var scanned = scanner {
            let ends = scanned.findsEnd(base, count: count)
            scanner = scanned
            guard ends || count > limits.upstreamHeadBytes else { return .needsMore(consumed: 0) }
        }
        switch UpstreamHeadParser.parse(base, count: count, limits: limits, hasBody: !isHead, into: &head) {
        case .incomplete:
            if scanner == nil {
                var fresh = HeadScanner()
                _ = fresh.findsEnd(base, count: count)
                scanner = fresh
            }
            return .needsMore(consumed: 0)
        case .refused(let fault): return fail(fault)
        case .complete(let length):
            scanner = nil
            return head.status < 200 ? takeInterim(length, head.status) : take(length, head.framing)
        }
    }

    private mutating func takeInterim(_ length: Int, _ status: UInt16) -> Event {
        if status == 101 {
            guard mayUpgrade else { return fail(.unwantedUpgrade) }
            state = .tunnel
            return .upgraded(length: length)
        }
        interims += 1
        return interims > Self.interimLimit ? fail(.tooManyInterim) : .interim(length: length)
    }

    private mutating func take(_ length: Int, _ framing: UpstreamHead.Framing) -> Event {
        switch framing {
        case .none: state = .body(0)
        case .length(let remaining): state = .body(remaining)
        case .chunked:
            decoder = ChunkedDecoder(isOfAnswer: true)
            state = .chunks
        case .untilClose: state = .untilClose
        }
        return .head(length: length)
    }

    private mutating func end(_ consumed: Int, reusable: Bool) -> Event {
        isReusable = reusable
        state = reusable ? .idle : .over
        return .end(consumed: consumed)
    }

    private mutating func fail(_ fault: UpstreamFault) -> Event {
        state = .over
        isReusable = false
        return .failed(fault)
    }

    /// The upstream has sent all it will send.
    /// - Returns: `.end` where that delimits the body, `.failed` where something is missing; nil when nothing was expected.
    package mutating func endOfInput() -> Event? {
        switch state {
        case .idle, .over, .tunnel:
            isReusable = false
            return nil
        case .untilClose: return end(0, reusable: false)
        case .body(0): return end(0, reusable: false)
        case .head where !hasBytes: return fail(.endedBeforeAnswer)
        case .head, .body, .chunks: return fail(.truncated)
        }
    }
}
