// What a connection waits for, and what happens where that does not come.
extension HTTP2Connection {
    /// What the deadline is for; as in HTTP/1.1 a head and a stall count from their beginning.
    enum Timing {
        case idle, head, stall, drain
    }

    func settle() {
        guard phase == .open else { return }
        if streams.isEmpty, output.isEmpty {
            if inputHasEnded { return transport.close() }
            if case .last = drainState { return finish() }
        }
        let mustWait = inputHasEnded || isHeldUp
        if isReading == mustWait {
            isReading = !mustWait
            transport.setReading(isReading)
        }
        setDeadline()
    }

    private func setDeadline() {
        let before = deadline
        if case .announced = drainState {
            if timing != .drain { deadline = loop.seconds + 1 }
            timing = .drain
        } else if isWriting || !streams.isEmpty {
            if timing != .stall {
                moved = 0
                deadline = loop.seconds + Int64(loop.limits.stallSeconds)
            }
            timing = .stall
        } else if !isBetweenFrames {
            if timing != .head { deadline = loop.seconds + Int64(loop.limits.headSeconds) }
            timing = .head
        } else {
            deadline = loop.seconds + Int64(loop.limits.idleSeconds)
            timing = .idle
        }
        if deadline < before { loop.schedule(self) }
    }

    /// The deadline has passed.
    package func expire() {
        switch phase {
        case .closed: break
        case .lingering: transport.close()
        case .finishing:
            if moved >= loop.limits.floorBytes { keepGoing() } else { transport.close() }
        case .open:
            switch timing {
            case .drain: inTurn { finishDrain() }
            case .idle: inTurn { goAway(.noError, nil) }
            case .head: inTurn { goAway(.noError, nil) }
            case .stall:
                if isWriting, moved < loop.limits.floorBytes { return transport.close() }
                keepGoing()
                inTurn { endStalledStreams() }
            }
        }
    }

    private func keepGoing() {
        moved = 0
        deadline = loop.seconds + Int64(loop.limits.stallSeconds)
    }

    /// A peer that gives no window, or sends no body, holds a stream for so long and no longer.
    private func endStalledStreams() {
        let period = Int64(loop.limits.stallSeconds)
        for stream in streams where loop.seconds - stream.watchedSince >= period {
            defer {
                stream.moved = 0
                stream.watchedSince = loop.seconds
            }
            if stream.moved >= loop.limits.floorBytes { continue }
            if stream.answer != nil {
                if stream.sendWindow <= 0 || sendWindow <= 0 { reset(stream.id, .cancel) }
            } else if !stream.hasEnded, stream.exchange.isAnswered {
                reset(stream.id, .noError)
            } else if !stream.hasEnded, !stream.exchange.isAnswered, !stream.exchange.isBodyHeld, !stream.exchange.isStreaming,
                stream.exchange.bodyReader != nil, !stream.exchange.head.isExtendedConnect
            {
                let refusal = Refusal(408, .bodyTooSlow)
                stream.exchange.bodyReader?.broken(stream.exchange)
                let answered = stream.exchange.isAnswered ? nil : refuse(stream, refusal)
                loop.handler.refused(refusal, peer: peer, request: stream.exchange, answered: answered)
            }
        }
    }

    /// Whoever still holds the exchange may answer it: that goes nowhere.
    /// - Returns: bytes of the answer's body.
    private func refuse(_ stream: HTTP2Stream, _ refusal: Refusal) -> Int {
        stream.isGivenUp = true
        let answer = Response.refusal(refusal)
        respond(answer, to: stream.exchange)
        stream.exchange.abandon()
        return answer.body.count
    }
}
