// Answers whose body comes piece by piece: pieces wait with their stream until the transport and both windows take them.
extension HTTP2Connection {
    /// Bytes that wait for a client before who sends them is told to wait.
    private static let congestion = 64 * 1024

    func deliver(_ step: StreamStep, of exchange: Exchange) {
        guard phase == .open else { return }
        inTurn { perform(step, exchange) }
    }

    private func perform(_ step: StreamStep, _ exchange: Exchange) {
        switch step {
        case .begin(let head, let body, let isLast): begin(head, body, isLast: isLast, exchange)
        case .send(let body, let isLast): add(body, isLast: isLast, trailers: [], exchange)
        case .finish(let trailers): add(.init(start: nil, count: 0), isLast: true, trailers: trailers, exchange)
        case .tunnel(var head):
            // RFC 8441 §5: what HTTP/1.1 says with 101.
            head.status = 200
            begin(head, .init(start: nil, count: 0), isLast: false, exchange)
        // An error below a tunnel is CANCEL (RFC 8441 §5).
        case .abort: reset(exchange.stream, exchange.head.isExtendedConnect ? .cancel : .internalError)
        }
    }

    private func begin(_ head: StreamedHead, _ body: UnsafeRawBufferPointer, isLast: Bool, _ exchange: Exchange) {
        let block = HTTP2ResponseHead.block(head)
        // Nobody would take it, and it must fit a batch.
        guard block.count <= limits.blockBytes else { return reset(exchange.stream, .internalError) }
        let tail = StreamTail()
        var isWhole = isLast
        if case .none = head.framing { isWhole = true } else { tail.append(body) }
        if isWhole { tail.end() }
        queue(HTTP2Answer(streaming: block, tail: tail), exchange, find(exchange.stream))
        if isWhole { settleStream(exchange) } else { exchange.isCongested = tail.count > Self.congestion }
    }

    private func add(_ piece: UnsafeRawBufferPointer, isLast: Bool, trailers: [UInt8], _ exchange: Exchange) {
        guard let stream = find(exchange.stream), var answer = stream.answer, let tail = answer.tail else {
            // Its head was the end of it.
            if isLast { settleStream(exchange) }
            return
        }
        tail.append(piece)
        if isLast { tail.end(trailers: trailers) }
        answer.refresh()
        stream.answer = answer
        // Who has seen that it is full is told when it is not: until then it stays so, whatever has gone out meanwhile.
        if isLast { settleStream(exchange) } else if tail.count > Self.congestion { exchange.isCongested = true }
    }

    /// All of it has come: what is left to do is the stream's alone.
    private func settleStream(_ exchange: Exchange) {
        exchange.isAnswered = true
        exchange.isStreaming = false
        exchange.lasting = nil
        exchange.source = nil
    }

    /// Less waits.
    func relieve(_ stream: HTTP2Stream, _ waiting: Int) {
        guard stream.exchange.isCongested, waiting <= Self.congestion / 4 else { return }
        stream.exchange.isCongested = false
        stream.exchange.source?.resume(stream.exchange)
    }
}
