extension HTTP1Connection {
    /// Bytes have come. They are the transport's and valid during the call.
    package func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        switch phase {
        case .open: break
        case .finishing: return
        case .lingering:
            discarded += UInt64(bytes.count)
            if discarded > loop.limits.discardedBody { transport.close() }
            return
        case .closed: return
        }
        // What a transport had read before it was told to pause is not progress.
        if isReading { moved += bytes.count }
        if isTunnel { return receiveTunnel(bytes) }
        if input.isEmpty {
            let consumed = process(base, bytes.count)
            if consumed < bytes.count, phase == .open { input.append(base + consumed, bytes.count - consumed) }
        } else {
            input.append(base, bytes.count)
            processInput()
        }
        settle()
    }

    func processInput() {
        let consumed = process(input.base, input.count)
        input.removeFirst(consumed)
    }

    /// Takes events until input is used up or must wait.
    /// - Returns: bytes consumed.
    private func process(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        var at = 0
        isProcessing = true
        defer { isProcessing = false }
        while phase == .open {
            if !isInBody, !exchange.isAnswered || output.byteCount > loop.limits.batchBytes { break }
            if isInBody, machine.endsWithoutInput() {
                endBody()
                continue
            }
            switch machine.next(base + at, count: count - at, limits: loop.limits, into: &exchange.head) {
            case .request(let length):
                exchange.begin(base + at, length)
                at += length
                loop.requestCount &+= 1
                timing = .idle
                isInBody = exchange.head.framing != .none
                isLastRequest = !exchange.head.keepsAlive
                hasMoreInput = at < count
                discarded = 0
                loop.handler.handle(exchange)
                if !exchange.isAnswered, !isInBody { exchange.bodyReader?.ended(exchange) }
                precondition(exchange.isAnswered || exchange.base != base + at - length, "neither answered nor suspended")
            case .body(let offset, let length):
                receiveBody(UnsafeRawBufferPointer(start: base + at + offset, count: length))
                at += offset + length
            case .end(let consumed):
                at += consumed
                endBody()
            case .needsMore(let consumed):
                at += consumed
                return at
            case .refused(let refusal):
                refuse(refusal)
                return count
            }
        }
        return at
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) {
        if let reader = exchange.bodyReader, !exchange.isAnswered {
            if !exchange.takesBody(bytes.count) { return refuse(Refusal(413, .bodyTooLarge)) }
            reader.received(bytes, of: exchange)
            return
        }
        discarded += UInt64(bytes.count)
        if discarded <= loop.limits.discardedBody { return }
        // The answer that is still to come closes; until then nothing more is read.
        if exchange.isAnswered { finish() } else { exchange.head.keepsAlive = false }
    }

    var isDiscardFull: Bool { isInBody && discarded > loop.limits.discardedBody }

    private func endBody() {
        isInBody = false
        exchange.trailers = machine.takeTrailers()
        if !exchange.isAnswered { exchange.bodyReader?.ended(exchange) }
        if exchange.isAnswered { exchange.end() }
    }

    /// The peer has sent all it will send. What came whole is still answered.
    package func endOfInput() {
        inputHasEnded = true
        switch phase {
        case .open:
            // Who waits for another server's answer has most likely gone: that server need not go on.
            if isTunnel {
                exchange.bodyReader?.ended(exchange)
            } else if exchange.source != nil, !exchange.isAnswered {
                return transport.close()
            }
            settle()
        case .finishing, .closed: break
        case .lingering: transport.close()
        }
        guard phase != .closed, isReading else { return }
        // The end stays readable: a level-triggered loop would turn for nothing until the last answer is out.
        isReading = false
        transport.setReading(false)
    }

    func refuse(_ refusal: Refusal) {
        machine.stop()
        if isInBody, !exchange.isAnswered { exchange.bodyReader?.broken(exchange) }
        if exchange.isStreaming {
            // Its answer has begun: only the end of the connection can say that it will not be whole.
            loop.handler.refused(refusal, peer: exchange.peer, request: exchange, answered: nil)
            return abortStream()
        }
        // After an answer to this very request, or in the middle of its body, a second answer would be taken for the next.
        var count: Int?
        if !isInBody || !exchange.isAnswered {
            // Whoever still holds the exchange may answer it: that goes nowhere.
            if !exchange.isAnswered { exchange.abandon() }
            exchange.isAnswered = true
            let answer = Response.refusal(refusal)
            count = answer.body.count
            send(answer, connection: .close)
        }
        loop.handler.refused(refusal, peer: exchange.peer, request: isInBody ? exchange : nil, answered: count)
        finish()
    }
}
