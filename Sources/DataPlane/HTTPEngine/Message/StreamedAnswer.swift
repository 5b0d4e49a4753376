/// The head of an answer whose body comes piece by piece. Valid during the call that it is given to.
package struct StreamedHead {
    /// What the answer's length is known to be.
    package enum Framing: Hashable, Sendable {
        /// No body follows; `declared` is the length of the one that is left out (`HEAD`, `304`), if it is known.
        case none(declared: UInt64?)
        case length(UInt64)
        /// It ends with `finish`.
        case unknown
    }

    package var status: UInt16
    /// Words behind the status, for HTTP/1.1 alone.
    package var reason: UnsafeBufferPointer<UInt8>
    /// Field lines in wire form, without those of framing and connection; `Date` among them.
    package var lines: UnsafeBufferPointer<UInt8>
    package var framing: Framing
    /// Whether it is a stream of events, which goes on until somebody ends it.
    package var isEventStream: Bool

    package init(
        status: UInt16, reason: UnsafeBufferPointer<UInt8>, lines: UnsafeBufferPointer<UInt8>, framing: Framing,
        isEventStream: Bool = false
    ) {
        self.status = status
        self.reason = reason
        self.lines = lines
        self.framing = framing
        self.isEventStream = isEventStream
    }
}

/// Where the pieces of an answer come from. Told what becomes of the request that it answers.
package protocol AnswerSource: AnyObject {
    /// The client takes more again: comes after `isCongested` was seen.
    func resume(_ exchange: Exchange)
    /// The client has gone, or cannot be answered any more: nothing is asked of the exchange from here on.
    func abandoned(_ exchange: Exchange)
    /// An answer that goes on until somebody ends it is to be ended, soon and where that does no harm.
    /// - Parameter isHurried: whether there is no time for more than a last word.
    func conclude(_ exchange: Exchange, isHurried: Bool)
}

extension AnswerSource {
    package func conclude(_ exchange: Exchange, isHurried: Bool) {}
}

extension Exchange {
    /// Begins an answer whose body comes piece by piece: `send` and `finish` follow, or `abort`. The request stays suspended.
    /// - Parameters:
    ///   - body: the first piece; copied where the client does not take it at once.
    ///   - isLast: whether that is all.
    package func begin(_ head: StreamedHead, _ body: UnsafeRawBufferPointer = .init(start: nil, count: 0), isLast: Bool = false) {
        precondition(!isAnswered && !isStreaming, "answered twice")
        if isAbandoned { return }
        isStreaming = true
        if head.isEventStream, !isLast, head.framing == .unknown { beginLasting(.eventStream) }
        deliver(.begin(head, body, isLast: isLast))
    }

    /// Answers `101`, or in HTTP/2 `200` to an extended CONNECT: from here on bytes are passed as they come, `send` one way and `reader`
    /// the other.
    /// - Parameter isWebSocket: whether it is one, and `reader` able to end it.
    package func beginTunnel(_ head: StreamedHead, reader: any BodyReader, isWebSocket: Bool = false) {
        precondition(!isAnswered && !isStreaming, "answered twice")
        if isAbandoned { return }
        isStreaming = true
        if isWebSocket { beginLasting(.webSocket) }
        readTunnel(reader)
        deliver(.tunnel(head))
    }

    /// Sends the next piece.
    package func send(_ body: UnsafeRawBufferPointer, isLast: Bool = false) {
        precondition(isStreaming, "a piece before the head")
        if isAbandoned { return }
        deliver(.send(body, isLast: isLast))
    }

    /// Ends the answer.
    /// - Parameter trailers: whole field lines, each with its CRLF; left out where the client's protocol has no place for them.
    package func finish(trailers: [UInt8] = []) {
        precondition(isStreaming, "an end before the head")
        if isAbandoned { return }
        deliver(.finish(trailers))
    }

    /// Gives the answer up so that the client sees that it is not whole: HTTP/1.1 closes the connection, HTTP/2 resets the stream.
    package func abort() {
        if isAbandoned { return }
        deliver(.abort)
    }
}

/// What becomes of a streamed answer.
enum StreamStep {
    case tunnel(StreamedHead)
    case begin(StreamedHead, UnsafeRawBufferPointer, isLast: Bool)
    case send(UnsafeRawBufferPointer, isLast: Bool)
    case finish([UInt8])
    case abort
}
