import Model

/// One request and its answer, whatever protocol brought it. State belongs to one event loop.
///
/// A handler looks at the request while `handle` runs and either answers before it returns or calls `suspend` and answers
/// later, exactly once. The object is used again for the connection's next request.
package final class Exchange {
    /// The parsed request. Its spans count from `base`.
    package internal(set) var head = RequestHead()
    /// The first byte of the head. Valid until the answer.
    package internal(set) var base: UnsafePointer<UInt8>
    package let peer: PeerAddress
    /// Whether it came over TLS: then its scheme is https.
    package let isSecure: Bool
    /// Bytes of the head, for the access log.
    package internal(set) var headCount = 0
    /// Whether the answer has been given.
    package internal(set) var isAnswered = true
    /// Whether the peer has gone: an answer goes nowhere.
    package internal(set) var isAbandoned = false
    /// Who takes the request's body; nobody: it is read over, within bounds.
    package private(set) var bodyReader: (any BodyReader)?
    /// Bytes of the body that its reader may still be given; with more the request is refused.
    private var bodyRoom = UInt64.max
    /// What the client sent behind the body, in wire form (`Name: value CRLF`); known when the body has ended. Fields that frame,
    /// route or authenticate are not among them (RFC 9110 §6.5.1).
    package internal(set) var trailers: [UInt8] = []
    /// Whether the head of an answer has gone out whose end has not.
    package internal(set) var isStreaming = false
    /// Whether the client takes less than it is sent: who sends waits until `AnswerSource.resume`.
    package internal(set) var isCongested = false
    /// What makes the answer one that goes on until somebody ends it.
    package internal(set) var lasting: LastingAnswer?
    /// Where a streamed answer comes from; hears of the client's end also before the answer begins.
    package var source: (any AnswerSource)?
    /// What the handler remembers between `suspend` and the answer.
    package var handlerState: AnyObject?

    /// The stream that brought it; 0 in HTTP/1.
    var stream: UInt32 = 0
    // One of the two carries the answer. Not a protocol: the way of a hot answer has no dynamic dispatch. Unsafe, since counting
    // its references costs a hot answer two atomic operations: the connection owns this exchange, and abandons it at its end
    // for those who hold it longer.
    private unowned(unsafe) let http1: HTTP1Connection?
    private unowned(unsafe) let http2: HTTP2Connection?
    private var copy: OwnedBytes?

    init(connection: HTTP1Connection, peer: PeerAddress) {
        http1 = connection
        http2 = nil
        self.peer = peer
        isSecure = connection.loop.isSecure
        base = UnsafePointer(connection.loop.nothing)
    }

    init(connection: HTTP2Connection, peer: PeerAddress) {
        http1 = nil
        http2 = connection
        self.peer = peer
        isSecure = connection.loop.isSecure
        base = UnsafePointer(connection.loop.nothing)
    }

    /// What the client has connected to. Cost: a call of the system.
    package var localAddress: PeerAddress { http1?.transport.localAddress ?? http2?.transport.localAddress ?? .local }

    /// As logs say it.
    package var version: StaticString { http2 != nil ? "HTTP/2.0" : head.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1" }

    package var isHTTP2: Bool { http2 != nil }

    /// As `Via` says it (RFC 9110 §7.6.3).
    package var protocolVersion: StaticString { http2 != nil ? "2" : head.minorVersion == 0 ? "1.0" : "1.1" }

    @inline(__always)
    func begin(_ start: UnsafePointer<UInt8>, _ count: Int) {
        // An answer that was given later has left the last request's copy and reader behind.
        if copy != nil { end() }
        base = start
        headCount = count
        isAnswered = false
    }

    func end() {
        copy = nil
        bodyReader = nil
        trailers = []
        isBodyHeld = false
        handlerState = nil
        source = nil
        isStreaming = false
        isCongested = false
        lasting = nil
    }

    /// The bytes of a span of the head.
    @inline(__always)
    package func bytes(_ span: RequestHead.Span) -> UnsafeBufferPointer<UInt8> { span.bytes(from: base) }

    /// The bytes of a field, or nil.
    @inline(__always)
    package subscript(field: KnownField) -> UnsafeBufferPointer<UInt8>? {
        head[field].map { $0.bytes(from: base) }
    }

    /// A field's value over all its lines, joined with commas; empty when it was not sent.
    package func joined(_ field: KnownField) -> [UInt8] {
        guard let first = head[field] else { return [] }
        if !head.isRepeated(field) { return Array(first.bytes(from: base)) }
        var all: [UInt8] = []
        head.forEachField(in: base) { name, value in
            if KnownField.of(base + Int(name.start), count: Int(name.count)) == field {
                if !all.isEmpty { all.append(contentsOf: field == .cookie ? [0x3b, 0x20] : [0x2c, 0x20]) }
                all.append(contentsOf: value.bytes(from: base))
            }
            return true
        }
        return all
    }

    /// Keeps the request's bytes beyond the end of `handle`: the answer comes later.
    package func suspend() {
        precondition(!isAnswered, "suspended after the answer")
        let kept = OwnedBytes(UnsafeBufferPointer(start: base, count: headCount))
        copy = kept
        base = UnsafePointer(kept.base)
    }

    /// Whether the body's reader can take no more for now: the peer may send what its window holds, and then waits.
    package private(set) var isBodyHeld = false

    /// The reader has as much as it can hold.
    package func holdBody() { isBodyHeld = true }

    /// The reader takes more again.
    package func resumeBody() {
        guard isBodyHeld else { return }
        isBodyHeld = false
        if isAbandoned { return }
        if let http1 { http1.bodyIsResumed() } else { http2?.bodyIsResumed(self) }
    }

    /// Asks for the request's body, and for `100 Continue` where the client waits for it. Call it inside `handle`; the
    /// reader answers when it has what it needs. A body that is empty ends when `handle` returns; after the answer the reader
    /// is not called any more.
    /// - Parameter limit: bytes. A body that turns out longer is broken off, and the client told `413`.
    package func readBody(_ reader: any BodyReader, limit: UInt64 = .max) {
        bodyReader = reader
        bodyRoom = limit
        suspend()
        if let http1 { http1.bodyIsWanted() } else { http2?.bodyIsWanted(self) }
    }

    /// Whether the reader's limit has room for more bytes, which are taken from it.
    func takesBody(_ count: Int) -> Bool {
        guard UInt64(count) <= bodyRoom else { return false }
        if bodyRoom != .max { bodyRoom -= UInt64(count) }
        return true
    }

    func readTunnel(_ reader: any BodyReader) {
        bodyReader = reader
        bodyRoom = .max
    }

    /// Sends a head in front of the answer's. Whether the client takes one is the caller's to know.
    package func inform(_ hints: EarlyHints) {
        if isAbandoned || isAnswered { return }
        if let http1 { http1.inform(hints) } else { http2?.inform(hints, on: self) }
    }

    package func respond(_ response: Response) {
        if isAbandoned { return answerNobody() }
        if let http1 { http1.respond(response) } else { http2?.respond(response, to: self) }
    }

    @inline(__always)
    package func respond(_ prepared: PreparedResponse) {
        if isAbandoned { return answerNobody() }
        if let http1 { http1.respond(prepared) } else { http2?.respond(prepared, to: self) }
    }

    /// Its answer is one that goes on until somebody ends it.
    func beginLasting(_ kind: LastingAnswer.Kind) {
        guard let loop = http1?.loop ?? http2?.loop else { return }
        loop.lastingCount &+= 1
        lasting = LastingAnswer(kind: kind, number: loop.lastingCount)
    }

    /// Tells the source of such an answer, once, that its time is over.
    func conclude(_ conclusion: Conclusion, _ loop: LoopContext) {
        guard let lasting, isStreaming, !lasting.isConcluding, let source else { return }
        guard conclusion.moment(of: lasting.number, seed: loop.seed) <= loop.clock.monotonic else { return }
        self.lasting?.isConcluding = true
        loop.concludedCount += 1
        source.conclude(self, isHurried: conclusion.isHurried(loop.clock.monotonic))
    }

    func deliver(_ step: StreamStep) {
        if let http1 { http1.deliver(step) } else { http2?.deliver(step, of: self) }
    }

    /// The client has gone before the answer was whole.
    func abandon() {
        isAbandoned = true
        guard let source else { return }
        self.source = nil
        source.abandoned(self)
    }

    /// With its peer the connection may be gone too.
    private func answerNobody() {
        isAnswered = true
        end()
    }

    /// Closes the connection after this answer; nothing in HTTP/2, where others share it.
    package func closeAfterwards() {
        head.keepsAlive = false
    }
}

/// Takes a request's body as it comes.
package protocol BodyReader: AnyObject {
    func received(_ bytes: UnsafeRawBufferPointer, of exchange: Exchange)
    func ended(_ exchange: Exchange)
    /// The peer has gone, or sent what cannot be a body: there will be no end.
    func broken(_ exchange: Exchange)
}

/// Answers requests. One for each event loop, to which its state belongs.
package protocol RequestHandler: AnyObject {
    /// Answers now, or calls `suspend` (or `readBody`) and answers later.
    func handle(_ exchange: Exchange)
    /// A request was refused by the engine; its connection closes.
    /// - Parameters:
    ///   - request: whose body it was; nil: its head never became whole or right.
    ///   - answered: bytes of the answer's body; nil: none was given, since the request had been answered before its body broke.
    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?)
    /// Comes about once a second, and when `LoopMailbox.wake` was called.
    func turn(_ loop: LoopContext)
    /// Descriptors have run out: closes some of those it keeps only to be faster.
    /// - Returns: whether it had any.
    func giveUpDescriptors() -> Bool
}

extension RequestHandler {
    package func giveUpDescriptors() -> Bool { false }
}
