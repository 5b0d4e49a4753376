/// The framing of one HTTP/1.1 connection's input as a value: bytes in, events out. It knows no socket, no clock, no route.
///
/// ```
///         ┌──────────────── no body ────────────────┐
///         ▼                                         │
///       head ── request ──▶ body / chunks ── end ──▶┘
///         └──────── refused ────────▶ over
/// ```
/// The caller hands in the bytes that were not consumed yet, contiguous, and calls `next` until it answers `.needsMore`.
package struct HTTP1Machine: Sendable {
    package enum Event: Sendable {
        /// Nothing can be decided; that many bytes (framing) were consumed.
        case needsMore(consumed: Int)
        /// A head of that many bytes was parsed. A body follows if its framing says so.
        case request(length: Int)
        /// Bytes of the body at this offset; everything up to their end is consumed.
        case body(offset: Int, count: Int)
        /// The message is over; that many bytes were consumed.
        case end(consumed: Int)
        case refused(Refusal)
    }

    private enum State: Sendable {
        case head
        case partialHead(HeadScanner)
        case body(UInt64)
        case chunks(ChunkedDecoder)
        case over
    }

    private var state = State.head
    /// Of the last body, in wire form.
    private var trailers: [UInt8] = []

    package init() {}

    /// Whether the next byte begins a new head.
    package var isBetweenMessages: Bool {
        if case .head = state { true } else { false }
    }

    package var isInHead: Bool {
        if case .partialHead = state { true } else { false }
    }

    /// Refuses everything from here on: after a refusal nothing that follows can be trusted.
    package mutating func stop() { state = .over }

    @inline(__always)
    package mutating func next(
        _ base: UnsafePointer<UInt8>, count: Int, limits: EngineLimits, into head: inout RequestHead
    ) -> Event {
        guard case .head = state else { return nextSlowly(base, count, limits, &head) }
        return parseHead(base, count, limits, &head)
    }

    private mutating func parseHead(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ limits: EngineLimits, _ head: inout RequestHead
    ) -> Event {
        switch RequestHeadParser.parse(base, count: count, limits: limits, into: &head) {
        case .complete(let length):
            switch head.framing {
            case .none: state = .head
            case .length(let remaining): state = .body(remaining)
            case .chunked: state = .chunks(ChunkedDecoder())
            }
            return .request(length: length)
        case .incomplete:
            guard count > 0 else { return .needsMore(consumed: 0) }
            var scanner = HeadScanner()
            _ = scanner.findsEnd(base, count: count)
            state = .partialHead(scanner)
            return .needsMore(consumed: 0)
        case .refused(let refusal):
            state = .over
            return .refused(refusal)
        }
    }

    private mutating func nextSlowly(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ limits: EngineLimits, _ head: inout RequestHead
    ) -> Event {
        switch state {
        case .head:
            return parseHead(base, count, limits, &head)
        case .partialHead(var scanner):
            let hadLine = scanner.hasLine
            let ends = scanner.findsEnd(base, count: count)
            state = .partialHead(scanner)
            // Without its end a head is parsed once more only for its first line, which may be all that a speaker of another
            // protocol sends, and when it is certainly over a limit, to be refused with the right status. (Four bytes: the
            // empty line before, and the line's end.)
            let bound = limits.requestLine + 4
            let isOver = scanner.hasLine ? count > bound + limits.fieldBytes + 2 : count > bound
            guard ends || isOver || scanner.hasLine != hadLine else { return .needsMore(consumed: 0) }
            return parseHead(base, count, limits, &head)
        case .body(let remaining):
            guard count > 0 else { return .needsMore(consumed: 0) }
            if remaining == 0 {
                state = .head
                return .end(consumed: 0)
            }
            let take = Int(min(remaining, UInt64(count)))
            state = .body(remaining - UInt64(take))
            return .body(offset: 0, count: take)
        case .chunks(var decoder):
            let event = decoder.next(base, count: count, limits: limits)
            state = .chunks(decoder)
            switch event {
            case .framing(let consumed): return .needsMore(consumed: consumed)
            case .data(let offset, let count): return .body(offset: offset, count: count)
            case .end(let consumed):
                state = .head
                trailers = decoder.trailers
                return .end(consumed: consumed)
            case .refused(let refusal):
                state = .over
                return .refused(refusal)
            }
        case .over:
            return .needsMore(consumed: count)
        }
    }

    /// The trailers of the body that has just ended, once.
    mutating func takeTrailers() -> [UInt8] {
        if trailers.isEmpty { return [] }
        defer { trailers = [] }
        return trailers
    }

    /// Whether a body of known length is whole, so that its end needs no further byte.
    package mutating func endsWithoutInput() -> Bool {
        guard case .body(0) = state else { return false }
        state = .head
        return true
    }
}
