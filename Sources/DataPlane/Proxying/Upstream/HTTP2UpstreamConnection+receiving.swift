import HTTPEngine

// What the server has sent, each piece to the stream that it is for.
extension HTTP2UpstreamConnection {
    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        isProcessing = true
        if input.isEmpty {
            let consumed = process(base, bytes.count)
            if consumed < bytes.count, !isClosed { input.append(base + consumed, bytes.count - consumed) }
        } else {
            input.append(base, bytes.count)
            input.removeFirst(process(input.base, input.count))
        }
        isProcessing = false
        pause()
        flush()
        settle()
    }

    /// All that has come was given to whoever it is for.
    func pause() {
        if encoding.isEmpty { return }
        let streams = encoding
        encoding.removeAll(keepingCapacity: true)
        for stream in streams { stream.passage?.pauses() }
    }

    func process(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        var at = 0
        var consumed = 0
        while !isClosed {
            let event = machine.next(base + at, count: count - at, now: now, consumed: &consumed)
            at += consumed
            if case .needsMore = event { return at }
            guard case .head(let id, isLast: false) = event, HTTP2ClientMachine.isRest(of: id, base + at, count: count - at)
            else {
                handle(event)
                continue
            }
            // The whole body stands behind its head: both are given on at once, and its length is known however it is encoded.
            let (head, text) = (machine.head, machine.headText)
            let rest = machine.next(base + at, count: count - at, now: now, consumed: &consumed)
            at += consumed
            if case .data(id, let body, isLast: true) = rest {
                receive(head, text, id, body, isLast: true)
            } else {
                receive(head, text, id, Self.nothing, isLast: false)
                handle(rest)
            }
        }
        return count
    }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private func handle(_ event: HTTP2ClientMachine.Event) {
        switch event {
        case .needsMore, .handled: break
        case .windows, .settings: pump()
        case .interim(let id): receiveInterim(id)
        case .head(let id, let isLast): receive(machine.head, machine.headText, id, Self.nothing, isLast: isLast)
        case .data(let id, let bytes, let isLast): receive(bytes, id, isLast: isLast)
        case .trailers(let id, let lines): receiveEnd(id, lines)
        case .broken(let id, let fault): fail(id, .answer(fault))
        case .unprocessed(let id): fail(id, .unprocessed)
        case .goingAway(let last):
            pool.forget(self)
            for id in machine.takeUnprocessed(above: last) { fail(id, .unprocessed) }
        case .failed: end(.answer(.brokenHTTP2))
        }
    }

    func pump() {
        for stream in Array(streams.values) where stream.hasPending { stream.pump() }
    }

    private func receiveInterim(_ id: UInt32) {
        let (head, text) = (machine.head, machine.headText)
        text.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { streams[id]?.passage?.receiveInterim(head, base) }
        }
    }

    /// - Parameter body: what stands behind the head.
    private func receive(_ head: UpstreamHead, _ text: [UInt8], _ id: UInt32, _ body: UnsafeRawBufferPointer, isLast: Bool) {
        guard let stream = streams[id], let passage = stream.passage else { return }
        stream.hasAnswerBegun = true
        if isLast { finish(stream, passage) }
        text.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { passage.receive(head, base, body, isLast: isLast) }
        }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ id: UInt32, isLast: Bool) {
        guard let stream = streams[id], let passage = stream.passage else { return }
        if isLast { finish(stream, passage) }
        passage.receive(bytes, isLast: isLast)
        guard !isLast, let passage = stream.passage else { return }
        if passage.isEncoding, encoding.last !== stream { encoding.append(stream) }
        stream.delivered(bytes.count)
    }

    private func receiveEnd(_ id: UInt32, _ trailers: [UInt8]) {
        guard let stream = streams[id], let passage = stream.passage else { return }
        finish(stream, passage)
        passage.receiveEnd(trailers: trailers)
    }

    /// The stream is given back before the end of its answer is: the client's next request may be there in the same turn.
    private func finish(_ stream: HTTP2UpstreamStream, _ passage: Passage) {
        streams[stream.id] = nil
        passage.leave(stream)
    }

    private func fail(_ id: UInt32, _ failure: PassageFailure) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.passage?.failed(failure)
    }
}
