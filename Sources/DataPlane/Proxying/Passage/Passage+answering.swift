import HTTPEngine
import Snapshots

// The answer's way to the client, or to who takes it instead.
extension Passage {
    /// What comes before the answer goes on (RFC 9110 §15.2), but `100`: who waited for that has had it from here.
    func receiveInterim(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>) {
        guard let order, phase == .waiting, head.status > 101 else { return }
        AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock).writeInterim(into: proxy.block)
        var fields = FieldLines()
        fields.add(lines: Array(proxy.block.bytes))
        let hints = EarlyHints(fields, status: head.status, reason: head.reason.bytes(from: base))
        if let taker = order.taker { return taker.informed(hints) }
        order.exchange.inform(hints)
    }

    func receive(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, _ body: UnsafeRawBufferPointer, isLast: Bool) {
        guard let order, let pool, phase == .waiting else { return }
        // What is no WebSocket would look like one to a client that takes any 2xx for it.
        if order.isConnect, (200..<300).contains(head.status) { return failed(.answer(.notUpgraded)) }
        if pool.policy.retry.statuses.contains(head.status), mayRepeat(.status(head.status)) { return again(.status(head.status)) }
        target?.server.health.succeeded(now: proxy.loop.clock.monotonic)
        phase = .streaming
        status = head.status
        copy = order.answered?(head, base)
        if head.isEventStream, !isLast { watchEvents(head, base, body) }
        if let taker = order.taker {
            let server = target?.server
            order.asked = asked
            if isLast { end() } else { connection?.setDeadline(seconds: pool.policy.limits.idleSeconds) }
            taker.began(head, base, from: server, body, isLast: isLast)
            return hold(for: taker)
        }
        let exchange = order.exchange
        let lines = AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock)
        lines.write(into: proxy.block)
        let block = UnsafeBufferPointer(start: proxy.block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: proxy.block.count)
        let streamed = StreamedHead(
            status: head.status, reason: head.reason.bytes(from: base), lines: block, framing: lines.framing,
            isEventStream: head.isEventStream)
        copy?.took(body, isLast: isLast)
        if let policy = order.policy.compression {
            if isLast { return begin(streamed, body, isLast: true, policy) }
            connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
            begin(streamed, body, isLast: false, policy)
            if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
            return
        }
        bytesToClient += body.count
        if isLast {
            end()
            return exchange.begin(streamed, body, isLast: true)
        }
        connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
        exchange.begin(streamed, body)
        if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    func receive(_ piece: UnsafeRawBufferPointer, isLast: Bool) {
        guard let order, let pool, phase == .streaming else { return }
        var (body, isLast) = (piece, isLast)
        if events != nil, let last = events?.take(piece), !isLast {
            // The event that its end waited for is whole.
            dropConnection()
            (body, isLast) = (UnsafeRawBufferPointer(rebasing: piece[..<last]), true)
        }
        if let taker = order.taker {
            if isLast { end() } else { connection?.setDeadline(seconds: pool.policy.limits.idleSeconds) }
            taker.took(body, isLast: isLast)
            return hold(for: taker)
        }
        copy?.took(body, isLast: isLast)
        if encoding != nil {
            connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
            return sendEncoded(body, isLast: isLast)
        }
        let exchange = order.exchange
        bytesToClient += body.count
        if isLast {
            end()
            return exchange.send(body, isLast: true)
        }
        connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
        exchange.send(body)
        if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    private func hold(for taker: any AnswerTaker) {
        if taker.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    func receiveEnd(trailers: [UInt8]) {
        guard let order, phase == .streaming else { return }
        copy?.ended()
        if encoding != nil { return endEncoded(trailers: trailers) }
        end()
        if let taker = order.taker { return taker.ended(trailers: trailers) }
        order.exchange.finish(trailers: trailers)
    }
}
