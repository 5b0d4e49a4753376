// Bodies of requests: what comes of them, and how much more may (RFC 9113 §5.2, §8.1.1).
extension HTTP2Connection {
    func receiveData(_ id: UInt32, _ bytes: UnsafeRawBufferPointer, _ charged: Int, _ endsStream: Bool) {
        guard id <= lastStream, id & 1 == 1 else { return fail(.protocolError, .idleStream) }
        moved += bytes.count
        // Whatever becomes of the stream, its bytes have used the connection's window (RFC 9113 §6.9).
        receiveWindow -= charged
        if receiveWindow < 0 { return fail(.flowControlError, .windowExceeded) }
        guard let stream = find(id) else {
            giveBack(charged)
            switch closedStreams.end(of: id) {
            case .resetByUs: break
            case .resetByPeer: reset(id, .streamClosed)
            case .ended, nil: fail(.streamClosed, .closedStream)
            }
            return
        }
        if stream.hasEnded {
            giveBack(charged)
            return reset(id, .streamClosed)
        }
        stream.receiveWindow -= charged
        if stream.receiveWindow < 0 { return reset(id, .flowControlError) }
        stream.moved += bytes.count
        if let announced = stream.announced {
            // Neither more nor less than was announced (RFC 9113 §8.1.1).
            guard UInt64(bytes.count) <= announced, !endsStream || UInt64(bytes.count) == announced else {
                giveBack(charged)
                return reset(id, .protocolError)
            }
            stream.announced = announced - UInt64(bytes.count)
        }
        stream.hasEnded = endsStream
        let exchange = stream.exchange
        if !exchange.isAnswered, let reader = exchange.bodyReader {
            stream.credit += charged
            if !exchange.takesBody(bytes.count) { return refuseBody(stream, reader) }
            if !bytes.isEmpty { reader.received(bytes, of: exchange) }
            settleBody(stream)
        } else {
            // Nobody takes it: the stream's window is all that may come.
            giveBack(charged)
            if !endsStream, exchange.isAnswered, stream.receiveWindow < limits.streamWindow / 2 {
                if stream.answer == nil { return reset(id, .noError) }
                stream.isGivenUp = true
            }
        }
        if endsStream, phase == .open, !stream.isClosed { end(stream) }
    }

    /// The body is longer than its reader takes.
    private func refuseBody(_ stream: HTTP2Stream, _ reader: any BodyReader) {
        let (exchange, refusal) = (stream.exchange, Refusal(413, .bodyTooLarge))
        reader.broken(exchange)
        // Whoever still holds the exchange may answer it: that goes nowhere.
        exchange.isAbandoned = true
        if !stream.hasEnded { stream.isGivenUp = true }
        giveBack(stream.credit)
        stream.credit = 0
        let answer = Response.refusal(refusal)
        respond(answer, to: exchange)
        loop.handler.refused(refusal, peer: peer, request: exchange, answered: answer.body.count)
    }

    /// Bytes of the connection's window that are free again.
    func giveBack(_ count: Int) {
        credit += count
        guard phase == .open, credit >= limits.connectionWindow / 2 else { return }
        sendWindowUpdate(0, credit)
        receiveWindow += credit
        credit = 0
    }

    /// Lets the peer send as much as the reader has taken; nothing while it holds back.
    func settleBody(_ stream: HTTP2Stream) {
        if stream.exchange.isBodyHeld || stream.credit == 0 { return }
        let count = stream.credit
        stream.credit = 0
        stream.freed += count
        giveBack(count)
        guard phase == .open, !stream.hasEnded, !stream.isClosed, stream.freed >= limits.streamWindow / 2 else { return }
        sendWindowUpdate(stream.id, stream.freed)
        stream.receiveWindow += stream.freed
        stream.freed = 0
    }

    /// The answer is out and its reader has left the window shut: without more of it a client that waits to say its end would wait for ever,
    /// and never hear that nobody wants the rest.
    func reopen(_ stream: HTTP2Stream) {
        giveBack(stream.credit)
        stream.credit = 0
        let missing = limits.streamWindow - stream.receiveWindow
        guard phase == .open, missing > limits.streamWindow / 2 else { return }
        sendWindowUpdate(stream.id, missing)
        stream.receiveWindow += missing
        stream.freed = 0
    }

    func bodyIsResumed(_ exchange: Exchange) {
        guard phase == .open, let stream = find(exchange.stream) else { return }
        inTurn { settleBody(stream) }
    }

    /// The peer has sent all of it.
    func end(_ stream: HTTP2Stream) {
        if let announced = stream.announced, announced > 0 { return reset(stream.id, .protocolError) }
        stream.hasEnded = true
        if stream.exchange.isAnswered, stream.answer == nil { return remove(stream, .ended) }
        if !stream.exchange.isAnswered { stream.exchange.bodyReader?.ended(stream.exchange) }
    }
}
