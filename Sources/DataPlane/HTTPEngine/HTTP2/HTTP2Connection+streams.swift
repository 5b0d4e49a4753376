// The lives of streams (RFC 9113 §5.1): what each frame means for the stream it names.
extension HTTP2Connection {
    func find(_ id: UInt32) -> HTTP2Stream? {
        index(of: id).map { streams[$0] }
    }

    private func index(of id: UInt32) -> Int? {
        var low = 0
        var high = streams.count
        while low < high {
            let middle = (low + high) / 2
            if streams[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < streams.count && streams[low].id == id ? low : nil
    }

    // MARK: Requests

    @inline(__always)
    func receiveHeaders(_ id: UInt32, _ block: UnsafeBufferPointer<UInt8>, _ endsStream: Bool) {
        guard id > lastStream else { return receiveLateHeaders(id, block, endsStream) }
        // Clients open odd streams (RFC 9113 §5.1.1).
        guard id & 1 == 1 else { return fail(.protocolError, .evenStream) }
        lastStream = id
        let exchange = spare ?? Exchange(connection: self, peer: peer)
        spare = nil
        let head = loop.http2.head
        let outcome = head.read(block, &decoder, into: &exchange.head, areTrailers: false, endsStream: endsStream)
        if case .broken = outcome { return fail(.compressionError, .badBlock) }
        // Opened after our last GOAWAY: the client will ask elsewhere (RFC 9113 §6.8).
        if case .last = drainState { return closedStreams.add(id, .resetByUs) }
        if streams.count >= limits.concurrentStreams { return reset(id, .refusedStream) }
        switch outcome {
        case .request(let count, let priority):
            exchange.begin(UnsafePointer(head.base), count)
            exchange.stream = id
            loop.requestCount &+= 1
            handle(exchange, priority, endsStream)
        case .refused(let refusal):
            exchange.begin(UnsafePointer(head.base), 0)
            exchange.stream = id
            if !endsStream { open(exchange, HTTP2Priority(), hasEnded: false) }
            let answer = Response.refusal(refusal)
            respond(answer, to: exchange)
            loop.handler.refused(refusal, peer: peer, request: nil, answered: answer.body.count)
        case .malformed, .trailers, .broken:
            loop.handler.refused(Refusal(400, .malformedFields), peer: peer, request: nil, answered: nil)
            reset(id, .protocolError)
        }
    }

    @inline(__always)
    private func handle(_ exchange: Exchange, _ priority: HTTP2Priority, _ endsStream: Bool) {
        currentPriority = priority
        if !endsStream {
            let stream = open(exchange, priority, hasEnded: false)
            if exchange.head.has(.contentLength) {
                if case .length(let length) = exchange.head.framing { stream.announced = length } else { stream.announced = 0 }
            }
        }
        loop.handler.handle(exchange)
        guard phase != .closed else { return }
        if exchange.isAnswered {
            if spare == nil, find(exchange.stream) == nil {
                exchange.end()
                spare = exchange
            }
            return
        }
        // Its bytes must be its own from here on.
        precondition(exchange.base != UnsafePointer(loop.http2.head.base), "neither answered nor suspended")
        guard endsStream else { return }
        if find(exchange.stream) == nil { open(exchange, priority, hasEnded: true) }
        exchange.bodyReader?.ended(exchange)
    }

    /// - Precondition: its stream is the last one, and not open.
    @discardableResult
    func open(_ exchange: Exchange, _ priority: HTTP2Priority, hasEnded: Bool) -> HTTP2Stream {
        nextTurn += 1
        let stream = HTTP2Stream(
            id: exchange.stream, exchange: exchange, hasEnded: hasEnded, sendWindow: settings.initialWindow,
            receiveWindow: limits.streamWindow, priority: priority, turn: nextTurn, now: loop.seconds)
        if let early = earlyPriorities.firstIndex(where: { $0.stream == stream.id }) {
            stream.priority = earlyPriorities.remove(at: early).priority
        }
        streams.append(stream)
        return stream
    }

    /// HEADERS on a stream that is or was open. The block counts for the tables in any case.
    private func receiveLateHeaders(_ id: UInt32, _ block: UnsafeBufferPointer<UInt8>, _ endsStream: Bool) {
        var head = RequestHead()
        let outcome = loop.http2.head.read(block, &decoder, into: &head, areTrailers: true, endsStream: endsStream)
        if case .broken = outcome { return fail(.compressionError, .badBlock) }
        guard let stream = find(id) else {
            switch closedStreams.end(of: id) {
            case .resetByUs: break
            case .resetByPeer: reset(id, .streamClosed)
            case .ended: fail(.streamClosed, .closedStream)
            // Stream identifiers only grow (RFC 9113 §5.1.1).
            case nil: fail(.protocolError, id & 1 == 0 ? .evenStream : .oldStream)
            }
            return
        }
        if stream.hasEnded { return reset(id, .streamClosed) }
        // DATA alone is sent on a connected stream (RFC 9113 §8.5).
        if stream.exchange.head.isExtendedConnect { return reset(id, .protocolError) }
        guard outcome == .trailers else { return reset(id, .protocolError) }
        stream.exchange.trailers = Self.trailers(head, UnsafePointer(loop.http2.head.base))
        end(stream)
    }

    /// The lines that may follow a body. A proxy of HTTP/1.1 that stands before may have let the others through: they are left
    /// out, as a recipient may (RFC 9110 §6.5.1).
    private static func trailers(_ head: RequestHead, _ base: UnsafePointer<UInt8>) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = head.fields.bytes(from: base)[...]
        while let end = rest.firstIndex(of: 0x0d) {
            if TrailerLine.isAllowed(rest[..<end]) { kept.append(contentsOf: rest[..<(end + 2)]) }
            rest = rest[(end + 2)...]
        }
        return kept
    }

    // MARK: Windows, priorities

    func receiveWindow(_ id: UInt32, _ increment: Int) {
        guard windowUpdates.take(now: loop.seconds) else { return fail(.enhanceYourCalm, .windowFlood) }
        if id == 0 {
            guard increment > 0 else { return fail(.protocolError, .noIncrement) }
            sendWindow += increment
            if sendWindow > HTTP2Settings.largestWindow { fail(.flowControlError, .windowTooLarge) }
            return
        }
        guard id <= lastStream, id & 1 == 1 else { return fail(.protocolError, .idleStream) }
        // One that is closed may still be told (RFC 9113 §5.1).
        guard let stream = find(id) else { return }
        guard increment > 0 else { return reset(id, .protocolError) }
        stream.sendWindow += increment
        if stream.sendWindow > HTTP2Settings.largestWindow { reset(id, .flowControlError) }
    }

    func receivePriority(_ id: UInt32, _ value: UnsafeBufferPointer<UInt8>) {
        // Clients prioritise the streams that they open (RFC 9218 §7.1).
        guard id & 1 == 1 else { return fail(.protocolError, .evenStream) }
        let priority = HTTP2Priority(value)
        if id > lastStream {
            earlyPriorities.removeAll { $0.stream == id || $0.stream <= lastStream }
            if earlyPriorities.count < 16 { earlyPriorities.append((id, priority)) }
        } else {
            find(id)?.priority = priority
        }
    }

    // MARK: The end of a stream

    func receiveReset(_ id: UInt32) {
        guard id <= lastStream, id & 1 == 1 else { return fail(.protocolError, .idleStream) }
        guard resets.take(now: loop.seconds) else { return fail(.enhanceYourCalm, .resetFlood) }
        if let stream = find(id) { remove(stream, .resetByPeer) }
    }

    /// Sends RST_STREAM and forgets the stream. That the peer makes us do so counts like its own reset (CVE-2025-8671).
    func reset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        if let stream = find(id) { remove(stream, .resetByUs) } else { closedStreams.add(id, .resetByUs) }
        output.add(HTTP2Frame(.reset, stream: id, length: 4), Self.bytes(code.rawValue))
        if code != .noError, !resets.take(now: loop.seconds) { fail(.enhanceYourCalm, .resetFlood) }
    }

    func remove(_ stream: HTTP2Stream, _ end: ClosedStreams.End) {
        guard let at = index(of: stream.id) else { return }
        streams.remove(at: at)
        closedStreams.add(stream.id, end)
        abandon(stream)
    }

    func abandon(_ stream: HTTP2Stream) {
        stream.isClosed = true
        giveBack(stream.credit)
        stream.credit = 0
        if stream.answer != nil {
            stream.answer = nil
            answering -= 1
        }
        let exchange = stream.exchange
        if exchange.isAnswered { return exchange.end() }
        exchange.isAbandoned = true
        if !stream.hasEnded { exchange.bodyReader?.broken(exchange) }
        exchange.abandon()
    }
}
