extension HTTP1Connection {
    /// No more requests: closes when the queue is out.
    func finish() {
        guard phase == .open else { return }
        phase = .finishing
        machine.stop()
        input.removeAll()
        if output.isEmpty { linger() } else if !isProcessing, !isWriting { flush() }
    }

    func linger() {
        guard phase == .finishing else { return }
        phase = .lingering
        discarded = 0
        if inputHasEnded || (isLastRequest && !isInBody && !transport.hasUnread) {
            transport.close()
            return
        }
        transport.finishWriting()
        if !isReading {
            isReading = true
            transport.setReading(true)
        }
        deadline = loop.seconds + 2
        loop.schedule(self)
    }

    /// What it is doing.
    var kind: ConnectionKind {
        switch phase {
        case .closed, .lingering: return .idle
        case .finishing: return .transfer
        case .open: break
        }
        if exchange.isStreaming, let lasting = exchange.lasting { return ConnectionKind(lasting.kind) }
        if isWriting || isInBody || !output.isEmpty || exchange.isStreaming { return .transfer }
        return !exchange.isAnswered || machine.isInHead || !input.isEmpty ? .request : .idle
    }

    /// The generation ends: a busy connection closes after its answer, an idle one at once when the node stops and a little later
    /// when another generation serves, also one whose transfer has ended since, and one that has not asked anything yet gets the time of a head: its first request is on
    /// the way, and no client would send that again.
    package func drain() {
        guard phase == .open, exchange.isAnswered, !isInBody, !machine.isInHead, input.isEmpty, output.isEmpty else { return }
        if exchange.headCount == 0 {
            deadline = min(deadline, loop.seconds + Int64(loop.limits.headSeconds))
        } else if let drain = loop.drain {
            deadline = min(deadline, drain.idleUntil(loop.clock.monotonic))
        } else {
            return transport.close()
        }
        loop.schedule(self)
    }

    /// Ends an answer that would go on for ever, as its time comes.
    /// - Returns: whether it has not ended although its time is over.
    func conclude(_ conclusion: Conclusion) -> Bool {
        guard phase == .open, exchange.isStreaming, exchange.lasting != nil else { return false }
        exchange.conclude(conclusion, loop)
        return phase == .open && exchange.lasting != nil && loop.clock.monotonic >= conclusion.over
    }

    /// The deadline has passed.
    package func expire() {
        switch phase {
        case .closed: break
        case .lingering: transport.close()
        case .finishing: keepGoingOrClose()
        case .open where isWriting: keepGoingOrClose()
        case .open where isInBody && isReading:
            // Where both sides talk at once, either may be silent for a while.
            if exchange.isStreaming { return keepGoing() }
            if exchange.isAnswered || moved >= loop.limits.floorBytes { return keepGoingOrClose() }
            refuse(Refusal(408, .bodyTooSlow))
            settle()
        case .open where !exchange.isAnswered: keepGoing()
        case .open where machine.isInHead || !input.isEmpty:
            refuse(Refusal(408, .headTooSlow))
            settle()
        case .open:
            // A request has just come: closing beside it would reset the connection, and no client would send it again.
            if transport.hasUnread { deadline = loop.seconds + 1 } else { transport.close() }
        }
    }

    private func keepGoingOrClose() {
        if moved >= loop.limits.floorBytes { keepGoing() } else { transport.close() }
    }

    private func keepGoing() {
        moved = 0
        deadline = loop.seconds + Int64(loop.limits.stallSeconds)
    }

    /// The transport has closed.
    package func closed() {
        guard phase != .closed else { return }
        phase = .closed
        if !exchange.isAnswered {
            exchange.isAbandoned = true
            if isInBody { exchange.bodyReader?.broken(exchange) }
            exchange.abandon()
        }
        output.removeAll()
        input.removeAll()
    }
}
