// Output, the drain, and the end of a connection.
extension HTTP2Connection {

    static let drainPing: UInt64 = 0x7461_6e64_656d_0001

    // MARK: Output

    func flush() {
        guard phase != .closed, !output.isEmpty else { return setWriting() }
        let written = output.flush(to: transport)
        if written < 0 {
            transport.close()
            return
        }
        loop.sentBytes &+= UInt64(written)
        moved += written
        setWriting()
        if output.isEmpty, phase == .finishing { linger() }
    }

    private func setWriting() {
        let wanted = phase != .closed && (output.isBlocked || hasYielded)
        if wanted == isWriting { return }
        isWriting = wanted
        if isWriting { moved = 0 }
        transport.setWriting(isWriting)
    }

    /// The transport takes bytes again.
    package func writable() {
        guard phase != .closed else { return }
        hasYielded = false
        inTurn { flush() }
    }

    /// The peer has sent all it will send: what came whole is still answered.
    package func endOfInput() {
        inputHasEnded = true
        switch phase {
        case .open:
            inTurn {
                for stream in streams where !stream.hasEnded { remove(stream, .resetByPeer) }
            }
        case .finishing, .closed: break
        case .lingering: transport.close()
        }
        guard phase != .closed, isReading else { return }
        isReading = false
        transport.setReading(false)
    }

    // MARK: The end

    /// What it is doing: the most that one of its streams does.
    var kind: ConnectionKind {
        if let lasting = streams.first(where: { $0.exchange.lasting != nil })?.exchange.lasting,
            streams.allSatisfy({ $0.exchange.lasting != nil })
        {
            return ConnectionKind(lasting.kind)
        }
        if answering > 0 || !output.isEmpty || streams.contains(where: { !$0.hasEnded }) { return .transfer }
        return streams.isEmpty ? .idle : .request
    }

    /// Ends answers that would go on for ever, as their time comes. Streams that have not ended by then are reset: what else the
    /// connection carries has limits of its own.
    /// - Returns: false.
    func conclude(_ conclusion: Conclusion) -> Bool {
        guard phase == .open, streams.contains(where: { $0.exchange.lasting != nil }) else { return false }
        inTurn {
            for stream in streams where stream.exchange.lasting != nil {
                stream.exchange.conclude(conclusion, loop)
                guard !stream.isClosed, stream.exchange.lasting != nil, stream.exchange.isStreaming,
                    loop.clock.monotonic >= conclusion.over
                else { continue }
                loop.forcedCount += 1
                reset(stream.id, .cancel)
            }
        }
        return false
    }

    /// The generation ends: requests on their way are still served, in two steps (RFC 9113 §6.8).
    package func drain() {
        // Before its preface there is nothing to say: `sendPreface` asks again.
        guard phase == .open, hasPreface, case .none = drainState else { return }
        drainState = .announced
        inTurn {
            sendGoAway(last: 0x7fff_ffff, .noError, nil)
            // Its answer shows that the peer has heard: nothing more is on its way then.
            sendPing(Self.drainPing, flags: 0)
        }
    }

    func finishDrain() {
        guard case .announced = drainState else { return }
        drainState = .last(lastStream)
        sendGoAway(last: lastStream, .noError, nil)
    }

    private func sendGoAway(last: UInt32, _ code: HTTP2ErrorCode, _ fault: HTTP2Fault?) {
        let payload = Self.bytes(last) + Self.bytes(code.rawValue) + (fault?.rawValue ?? "").utf8
        output.add(HTTP2Frame(.goAway, length: payload.count), payload)
    }

    /// A connection error (RFC 9113 §5.4.1).
    func fail(_ code: HTTP2ErrorCode, _ fault: HTTP2Fault) {
        guard phase == .open else { return }
        loop.handler.refused(Refusal(400, .brokenConnection), peer: peer, request: nil, answered: nil)
        goAway(code, fault)
    }

    func goAway(_ code: HTTP2ErrorCode, _ fault: HTTP2Fault?) {
        guard phase == .open else { return }
        sendGoAway(last: lastStream, code, fault)
        finish()
    }

    /// No more streams: closes when the queue is out.
    func finish() {
        phase = .finishing
        let all = streams
        streams = []
        for stream in all { abandon(stream) }
        input.removeAll()
        if output.isEmpty {
            linger()
        } else {
            moved = 0
            deadline = loop.seconds + Int64(loop.limits.stallSeconds)
            loop.schedule(self)
        }
    }

    /// Input is read over for a moment, since closing with unread bytes would make the kernel reset the connection and the
    /// peer lose the GOAWAY.
    private func linger() {
        guard phase == .finishing else { return }
        phase = .lingering
        discarded = 0
        if inputHasEnded {
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

    /// The transport has closed.
    package func closed() {
        guard phase != .closed else { return }
        phase = .closed
        let all = streams
        streams = []
        for stream in all { abandon(stream) }
        output.removeAll()
        input.removeAll()
    }
}
