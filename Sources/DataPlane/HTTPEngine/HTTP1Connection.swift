import Files
import Glibc

/// What carries a connection's bytes.
package protocol ByteTransport: AnyObject {
    /// Where answers may be sent past the transport; -1: nowhere.
    var descriptor: Int32 { get }
    /// Takes bytes to send.
    /// - Returns: how many were taken; fewer when it is full, -1 when the peer is gone.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Takes from the queue what it can carry now. What it has taken but not passed on yet stays in the queue.
    /// - Returns: bytes that left the queue; -1 when the peer is gone.
    func write(_ output: inout OutputQueue) -> Int
    /// Whether input is wanted. Off while answers wait for a slow reader.
    func setReading(_ on: Bool)
    /// Whether to call `writable` when it takes bytes again.
    func setWriting(_ on: Bool)
    /// Whether bytes have come that were not taken yet.
    var hasUnread: Bool { get }
    /// Sends the end of our side; input is still taken.
    func finishWriting()
    /// Ends it all. The connection's `closed` follows, now or later.
    func close()
}

extension ByteTransport {
    package func write(_ output: inout OutputQueue) -> Int { output.write(to: descriptor) }

    package var hasUnread: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Straight to the descriptor.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return -1 }
        }
    }
}

/// Drives one HTTP/1.1 connection: feeds the machine, hands requests to the handler in order, queues the answers.
/// State belongs to one event loop.
///
/// ```
///  idle ─▶ head ─▶ handling ─▶ (body) ─▶ idle
///                     │ answers queue; a full queue pauses input
///                     ▼
///                 finishing ─▶ lingering ─▶ closed
/// ```
/// Lingering: after the last answer the input is read over for a moment, since closing with unread bytes would make the
/// kernel reset the connection and the peer lose the answer (RFC 9112 §9.6).
package final class HTTP1Connection: TimedConnection {
    private enum Phase {
        case open
        /// The last answer is queued.
        case finishing
        case lingering
        case closed
    }

    package let loop: LoopContext
    package unowned let transport: any ByteTransport
    /// The transport's: asked for once, since every answer is written to it.
    private let descriptor: Int32
    private var machine = HTTP1Machine()
    private var output = OutputQueue()
    private var input = InputBuffer()
    private var phase = Phase.open
    private var isInBody = false
    private var isProcessing = false
    /// Whether input stands behind the request that is being handled: then its answer waits for the next one's.
    private var hasMoreInput = false
    private var isReading = true
    private var isWriting = false
    private var inputHasEnded = false
    private var timing = Timing.idle
    private var discarded: UInt64 = 0
    /// Bytes moved since the stall deadline was last set.
    private var moved = 0
    package private(set) var exchange: Exchange!
    /// When something is due, in seconds of the loop's monotonic clock; read by the loop's timer wheel.
    package private(set) var deadline: Int64
    /// When it came, in seconds of the loop's clock.
    let since: Int64
    let ticket = TimerTicket()
    /// The second in which the timer wheel looks at this connection next; belongs to the wheel.
    var wheelSecond = Int64.max

    package init(loop: LoopContext, transport: any ByteTransport, peer: PeerAddress) {
        self.loop = loop
        self.transport = transport
        descriptor = transport.descriptor
        since = loop.seconds
        deadline = loop.seconds + Int64(loop.limits.idleSeconds)
        exchange = Exchange(connection: self, peer: peer)
        ticket.connection = self
    }

    deinit {
        ticket.connection = nil
        exchange.isAbandoned = true
    }

    // MARK: Input

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
        if input.isEmpty {
            let consumed = process(base, bytes.count)
            if consumed < bytes.count, phase == .open { input.append(base + consumed, bytes.count - consumed) }
        } else {
            input.append(base, bytes.count)
            processInput()
        }
        settle()
    }

    private func processInput() {
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
            reader.received(bytes, of: exchange)
            return
        }
        discarded += UInt64(bytes.count)
        if discarded <= loop.limits.discardedBody { return }
        // The answer that is still to come closes; until then nothing more is read.
        if exchange.isAnswered { finish() } else { exchange.head.keepsAlive = false }
    }

    private var isDiscardFull: Bool { isInBody && discarded > loop.limits.discardedBody }

    private func endBody() {
        isInBody = false
        if !exchange.isAnswered { exchange.bodyReader?.ended(exchange) }
        if exchange.isAnswered { exchange.end() }
    }

    /// The peer has sent all it will send. What came whole is still answered.
    package func endOfInput() {
        inputHasEnded = true
        switch phase {
        case .open: settle()
        case .finishing, .closed: break
        case .lingering: transport.close()
        }
        guard phase != .closed, isReading else { return }
        // The end stays readable: a level-triggered loop would turn for nothing until the last answer is out.
        isReading = false
        transport.setReading(false)
    }

    private func refuse(_ refusal: Refusal) {
        machine.stop()
        if isInBody, !exchange.isAnswered { exchange.bodyReader?.broken(exchange) }
        // After an answer to this very request, or in the middle of its body, a second answer would be taken for the next.
        var count: Int?
        if !isInBody || !exchange.isAnswered {
            // Whoever still holds the exchange may answer it: that goes nowhere.
            if !exchange.isAnswered { exchange.isAbandoned = true }
            exchange.isAnswered = true
            let answer = Response.refusal(refusal)
            count = answer.body.count
            send(answer, connection: .close)
        }
        loop.handler.refused(refusal, peer: exchange.peer, request: isInBody ? exchange : nil, answered: count)
        finish()
    }

    // MARK: Answers

    func bodyIsWanted() {
        guard exchange.head.expectsContinue else { return }
        exchange.head.expectsContinue = false
        output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
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

    private func answer(_ write: (ResponseHead.Connection?) -> Void) {
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

    private var isTooLongToDiscard: Bool {
        if case .length(let length) = exchange.head.framing { return length > loop.limits.discardedBody }
        return false
    }

    private func send(_ response: Response, connection: ResponseHead.Connection?) {
        var head = ResponseHead.render(response, connection: connection)
        ResponseHead.setDate(&head, status: response.status, loop.clock)
        if exchange.head.method == .head || response.status == 304 {
            output.append(head)
        } else if case .bytes(let bytes) = response.body {
            output.append(head + bytes)
        } else {
            output.append(head)
            output.append(response.body)
        }
    }

    // MARK: Output

    /// After an answer that came later: write it and go on with what was waiting.
    private func resume() {
        if exchange.isAnswered, !isInBody { exchange.end() }
        if phase == .open, !input.isEmpty { processInput() }
        settle()
    }

    /// Writes what is queued and sets what to wait for next.
    @inline(__always)
    private func settle() {
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
        while output.isEmpty, !input.isEmpty, exchange.isAnswered || isInBody {
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
        let isHeldUp = !exchange.isAnswered && (isInBody ? isDiscardFull || exchange.isBodyHeld : input.count > loop.limits.fieldBytes)
        let mustWait = isWriting || inputHasEnded || isHeldUp
        if isReading == mustWait {
            isReading = !mustWait
            transport.setReading(isReading)
        }
        setDeadline()
    }

    /// What the deadline is for. A stall and a head count from their beginning, not from their last byte: else a byte now and
    /// then would hold a connection for ever.
    private enum Timing {
        case idle, head, stall
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
        }
        if deadline < before { loop.schedule(self) }
    }

    private func flush() {
        let written = descriptor >= 0 ? output.write(to: descriptor) : transport.write(&output)
        if written < 0 {
            transport.close()
            return
        }
        loop.sentBytes &+= UInt64(written)
        moved += written
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

    // MARK: The end

    /// No more requests: closes when the queue is out.
    private func finish() {
        guard phase == .open else { return }
        phase = .finishing
        machine.stop()
        input.removeAll()
        if output.isEmpty { linger() } else if !isProcessing, !isWriting { flush() }
    }

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

    /// What it is doing.
    var kind: ConnectionKind {
        switch phase {
        case .closed, .lingering: return .idle
        case .finishing: return .transfer
        case .open: break
        }
        if isWriting || isInBody || !output.isEmpty { return .transfer }
        return !exchange.isAnswered || machine.isInHead || !input.isEmpty ? .request : .idle
    }

    /// The generation ends: a busy connection closes after its answer, an idle one at once when the node stops and a little later
    /// when another generation serves, and one that has not asked anything yet gets the time of a head: its first request is on
    /// the way, and no client would send that again.
    package func drain() {
        guard phase == .open, exchange.isAnswered, !isInBody, !machine.isInHead, input.isEmpty, output.isEmpty else { return }
        if exchange.headCount == 0 {
            deadline = min(deadline, loop.seconds + Int64(loop.limits.headSeconds))
        } else if let drain = loop.drain {
            deadline = min(deadline, drain.idleUntil)
        } else {
            return transport.close()
        }
        loop.schedule(self)
    }

    /// The deadline has passed.
    package func expire() {
        switch phase {
        case .closed: break
        case .lingering: transport.close()
        case .finishing: keepGoingOrClose()
        case .open where isWriting: keepGoingOrClose()
        case .open where isInBody && isReading:
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
        }
        output.removeAll()
        input.removeAll()
    }
}

/// Bytes that have come and wait: a head in pieces, or requests behind an answer that is not out yet. Holds no memory
/// while it is empty, so that an idle connection costs none.
struct InputBuffer: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private var start = 0
    private var end = 0

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The first byte.
    /// - Precondition: not empty.
    var base: UnsafePointer<UInt8> {
        guard let storage else { preconditionFailure("an empty buffer has no base") }
        return UnsafePointer(storage + start)
    }

    mutating func append(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        reserve(count)
        guard let storage else { return }
        (storage + end).update(from: bytes, count: count)
        end += count
    }

    private mutating func reserve(_ more: Int) {
        if capacity - end >= more { return }
        let held = count
        var size = max(capacity, 1024)
        while size < held + more { size *= 2 }
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        if let storage {
            fresh.update(from: storage + start, count: held)
            storage.deallocate()
        }
        storage = fresh
        capacity = size
        start = 0
        end = held
    }

    mutating func removeFirst(_ count: Int) {
        // It may have been emptied by the end of the connection while its bytes were being looked at.
        start = min(start + count, end)
        if start == end { removeAll() }
    }

    mutating func removeAll() {
        storage?.deallocate()
        storage = nil
        capacity = 0
        start = 0
        end = 0
    }

    deinit {
        storage?.deallocate()
    }
}
