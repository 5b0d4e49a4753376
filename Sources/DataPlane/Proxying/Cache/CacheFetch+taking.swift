import Caching
import HTTPEngine
import Model
import Names
import Snapshots

// What comes from the server, each piece as the fetch has decided by the head.
extension CacheFetch: AnswerTaker {
    /// Those who wait with the client take the answer alone.
    func informed(_ hints: EarlyHints) {
        if hasClient { order.exchange.inform(hints) }
    }

    func began(
        _ head: UpstreamHead, _ base: UnsafePointer<UInt8>, from server: UpstreamServer?, _ body: UnsafeRawBufferPointer, isLast: Bool
    ) {
        self.server = server
        let answer = make(Int(head.status), Caching.FieldLines(head, base).forwarded)
        self.answer = answer
        isEventStream = head.isEventStream
        status.forwardStatus = Int(head.status)
        if answer.status == 206, beginPart(answer, declared: head.declaredLength) {
            took(body, isLast: isLast)
            return
        }
        switch CacheOutcome(answer, to: ask.storing, stored: stored?.stored.response, ifError: ifError) {
        case .renewed:
            renew(answer)
            return isLast ? over() : ()
        case .stale:
            bridge()
            return isLast ? over() : ()
        case .askAgain:
            askAgain()
            return isLast ? over() : ()
        case .stored: isStorable = true
        case .relayed: isStorable = false
        }
        claim = ask.method == "GET" ? door.claim(ask) : nil
        if claim != nil, (head.declaredLength ?? 0) <= UInt64(Self.longestSpool) {
            mode = .spooling
            _ = beginEncoding(headLines(answer.fields), declared: head.declaredLength, mayEncode: true)
            land(isStorable ? nil : .forNobody)
        } else {
            let isWhole = isLast && body.isEmpty
            beginStreaming(declared: head.declaredLength, isWhole: isWhole)
            if isWhole { return over() }
        }
        took(body, isLast: isLast)
    }

    func make(_ status: Int, _ fields: Caching.FieldLines) -> OriginResponse {
        OriginResponse(
            status: status, fields: fields, requestedAt: requestedAt, receivedAt: door.now, defaultLifetime: ask.policy.defaultLifetime)
    }

    func took(_ body: UnsafeRawBufferPointer, isLast: Bool) {
        switch mode {
        case .asking: break
        case .discarding:
            dropped += body.count
            if !isLast, dropped > Self.longestDropped { return leaveServer() }
        case .joining:
            // More than it said, or than there is room for.
            if !holds(body) || spool.count > CacheDoor.longestJoined {
                spool = []
                askAgain()
            } else if isLast {
                endJoining()
            }
        case .spooling:
            let hasRoom = holds(body)
            _ = encoded(body)
            if !hasRoom || spool.count > Self.longestSpool { return streamWhatIsSpooled(isLast: isLast) }
            if isLast { endSpool() }
        case .streaming:
            hasher?.update(body)
            store(body)
            if !isLast, isForNobody { return leaveServer() }
            sent += body.count
            let piece = encoded(body, isLast: isLast)
            if isLast, !endStreaming() { return cutOff() }
            if hasClient, isLast || !piece.isEmpty { order.exchange.send(piece, isLast: isLast) }
        }
        if isLast { over() }
    }

    /// Whether no client gets what comes, and none will find it.
    var isForNobody: Bool { !hasClient && writing == nil }

    /// The server is not read to an end that may never come.
    func leaveServer() {
        guard let request else { return }
        if mode == .streaming { land(.forNobody) }
        over()
        request.exchange.source?.abandoned(request.exchange)
    }

    /// Nothing more comes from the server.
    func over() {
        endEncoding()
        mode = .discarding
        request = nil
        passing = nil
    }

    func ended(trailers: [UInt8]) {
        switch mode {
        case .streaming:
            let isEncoded = encoding != nil
            let rest = isEncoded ? encodedEnd() : UnsafeRawBufferPointer(start: nil, count: 0)
            guard endStreaming() else { return cutOff() }
            guard hasClient else { break }
            if !rest.isEmpty { order.exchange.send(rest) }
            order.exchange.finish(trailers: isEncoded ? EncodableLines.trailers(trailers) : trailers)
        case .spooling: endSpool()
        case .joining: endJoining()
        case .asking, .discarding: break
        }
        over()
    }

    func failed(_ failure: PassageFailure, _ response: Response) {
        writing?.abandon()
        writing = nil
        let mode = mode
        defer { over() }
        switch mode {
        case .discarding: break
        case .streaming:
            land(.forNobody)
            guard hasClient else { return }
            release()
            door.report(reported(), status: UInt16(answer?.status ?? 502), bytes: encoding?.count ?? sent, status, asked, failure: failure)
            order.exchange.abort()
        case .asking, .spooling, .joining:
            if let rejected { return rejected.isLie && refusesMismatch ? refuse() : relay(rejected.answer, rejected.body) }
            if ifError, stored != nil { return bridge() }
            land(.failed(failure))
            guard hasClient else { return }
            release()
            door.report(order, status: response.status, bytes: response.body.count, status, asked, failure: failure)
            order.exchange.respond(response)
        }
    }

    var isCongested: Bool { mode == .streaming && hasClient && order.exchange.isCongested }
}
