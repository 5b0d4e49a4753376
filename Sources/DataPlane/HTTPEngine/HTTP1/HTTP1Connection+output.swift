extension HTTP1Connection {
    /// After an answer that came later: write it and go on with what was waiting.
    func resume() {
        if exchange.isAnswered, !isInBody { exchange.end() }
        if phase == .open, !input.isEmpty { processInput() }
        settle()
    }

    /// Writes what is queued and sets what to wait for next.
    @inline(__always)
    func settle() {
        // Between requests, with nothing to write or to read: where a hot answer leaves a connection.
        if output.isEmpty, input.isEmpty, phase == .open, exchange.isAnswered, isReading, !isWriting, !isInBody, !inputHasEnded,
            timing == .idle, !machine.isInHead
        {
            let due = loop.seconds + Int64(loop.limits.idleSeconds)
            let isNearer = due < deadline
            deadline = due
            if isNearer { loop.schedule(self) }
            return
        }
        settleSlowly()
    }

    private func settleSlowly() {
        if !output.isEmpty, !isWriting { flush() }
        guard phase == .open else { return }
        while output.isEmpty, !input.isEmpty, exchange.isAnswered || isInBody, !isTunnel {
            let before = input.count
            processInput()
            if !output.isEmpty { flush() }
            if input.count == before || phase != .open { break }
        }
        guard phase == .open else { return }
        if inputHasEnded, !isWriting {
            // A body that will never be whole; or all that came whole is answered, and what is left is a piece of a head.
            if isInBody { return transport.close() }
            if exchange.isAnswered { return finish() }
        }
        let isHeldUp =
            !exchange.isAnswered && (isInBody || isTunnel ? isDiscardFull || exchange.isBodyHeld : input.count > loop.limits.fieldBytes)
        let mustWait = isWriting || inputHasEnded || isHeldUp
        if isReading == mustWait {
            isReading = !mustWait
            transport.setReading(isReading)
        }
        setDeadline()
    }

    private func setDeadline() {
        let before = deadline
        if isWriting || isInBody {
            if timing != .stall {
                moved = 0
                deadline = loop.seconds + Int64(loop.limits.stallSeconds)
            }
            timing = .stall
        } else if exchange.isAnswered, machine.isInHead || !input.isEmpty {
            if timing != .head { deadline = loop.seconds + Int64(loop.limits.headSeconds) }
            timing = .head
        } else {
            deadline = loop.seconds + Int64(loop.limits.idleSeconds)
            timing = .idle
            // Its last answer was given before the drain, so that it did not say that it is the last.
            if loop.isDraining, !transport.hasUnread { drain() }
        }
        if deadline < before { loop.schedule(self) }
    }

    func flush() {
        let written = descriptor >= 0 ? output.write(to: descriptor) : transport.write(&output)
        if written < 0 {
            transport.close()
            return
        }
        loop.sentBytes &+= UInt64(written)
        moved += written
        relieve()
        if output.isEmpty {
            if isWriting {
                isWriting = false
                transport.setWriting(false)
            }
            if phase == .finishing { linger() }
        } else if !isWriting {
            isWriting = true
            moved = 0
            transport.setWriting(true)
            if phase == .finishing {
                deadline = loop.seconds + Int64(loop.limits.stallSeconds)
                loop.schedule(self)
            }
        }
    }

    /// The transport takes bytes again.
    package func writable() {
        guard phase != .closed else { return }
        flush()
        settle()
    }
}
