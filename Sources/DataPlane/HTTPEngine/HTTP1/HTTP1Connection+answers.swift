extension HTTP1Connection {
    func bodyIsWanted() {
        guard exchange.head.expectsContinue else { return }
        exchange.head.expectsContinue = false
        output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        if !isProcessing { flush() }
    }

    func inform(_ hints: EarlyHints) {
        guard phase == .open, exchange.head.minorVersion == 1 else { return }
        output.append(hints.head)
        if !isProcessing { flush() }
    }

    func bodyIsResumed() {
        if !isProcessing { settle() }
    }

    @inline(__always)
    func respond(_ prepared: PreparedResponse) {
        guard phase == .open, exchange.head.keepsAlive, exchange.head.minorVersion == 1, !isInBody, !loop.isDraining else {
            return respondSlowly(prepared)
        }
        prepared.setDate(loop.clock)
        exchange.isAnswered = true
        let isHead = exchange.head.method == .head
        if isProcessing, !hasMoreInput, output.isEmpty, !isWriting, descriptor >= 0 {
            let written = OutputQueue.write(prepared, isHead: isHead, to: descriptor)
            loop.sentBytes &+= UInt64(written)
            output.append(prepared, isHead: isHead, skipping: written)
        } else {
            output.append(prepared, isHead: isHead, skipping: 0)
        }
        if !isProcessing { resume() }
    }

    /// The same with a `Connection` field between head and body.
    private func respondSlowly(_ prepared: PreparedResponse) {
        prepared.setDate(loop.clock)
        answer { connection in
            var head = Array(UnsafeBufferPointer(start: prepared.block, count: prepared.headCount - 2))
            switch connection {
            case .close: head.append(contentsOf: "Connection: close\r\n".utf8)
            case .keepAlive: head.append(contentsOf: "Connection: keep-alive\r\n".utf8)
            case nil: break
            }
            head.append(contentsOf: [0x0d, 0x0a])
            output.append(head)
            if exchange.head.method == .head { return }
            output.append(
                prepared.block + prepared.headCount, prepared.blockCount - prepared.headCount, owner: prepared, isShared: true)
            if let large = prepared.large { output.append(large.file, large.range) }
        }
    }

    func respond(_ response: Response) {
        answer { send(response, connection: $0) }
    }

    func answer(_ write: (ResponseHead.Connection?) -> Void) {
        precondition(!exchange.isAnswered || exchange.isAbandoned, "answered twice")
        exchange.isAnswered = true
        guard phase == .open else { return }
        // A client that waits for 100 Continue may or may not send its body after a final status: nothing tells (RFC 9110 §10.1.1).
        let unreadable = isInBody && (exchange.head.expectsContinue || isTooLongToDiscard)
        let closes = !exchange.head.keepsAlive || unreadable || loop.isDraining || (inputHasEnded && input.isEmpty)
        write(closes ? .close : exchange.head.minorVersion == 0 ? .keepAlive : nil)
        if !isInBody { exchange.end() }
        if closes { finish() }
        if !isProcessing { resume() }
    }

    var isTooLongToDiscard: Bool {
        if case .length(let length) = exchange.head.framing { return length > loop.limits.discardedBody }
        return false
    }

    func send(_ response: Response, connection: ResponseHead.Connection?) {
        var head = ResponseHead.render(response, connection: connection)
        ResponseHead.setDate(&head, of: response, loop.clock)
        if exchange.head.method == .head || response.status == 304 {
            output.append(head)
        } else if case .bytes(let bytes) = response.body {
            output.append(head + bytes)
        } else {
            output.append(head)
            output.append(response.body)
        }
    }
}
