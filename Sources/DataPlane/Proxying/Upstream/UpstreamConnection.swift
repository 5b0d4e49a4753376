import Glibc
import HTTPEngine

/// One connection to a server: carries requests one after the other, and feeds what comes to the machine. State belongs to one event
/// loop.
///
/// ```
///  connecting ─▶ working ◀─▶ idle (in its server's pool) ─▶ closed
/// ```
final class UpstreamConnection: OutgoingOwner, UpstreamCarrier {
    private let pool: ServerPool
    /// Whose it is, where that is said in front of it; then it is for nobody else.
    let client: ProxyHeader.Addresses?
    private(set) var socket: OutgoingSocket?
    private var machine = HTTP1ClientMachine()
    private var head = UpstreamHead()
    /// What has come and cannot be decoded yet: a head in pieces.
    private var input = InputBuffer()
    /// What the kernel did not take.
    private var output = InputBuffer()
    /// Who works with it; nil: it is idle.
    var passage: Passage?
    /// Whether it has carried a request before: then its server may have ended it while it was idle.
    private(set) var isUsed = false
    /// When it became idle, in milliseconds of the loop's clock.
    private(set) var idleSince: Int64 = 0
    private var isClosed = false
    private var isTunnel = false
    /// The end of our side is to follow what waits to be sent.
    private var isFinishing = false

    init(pool: ServerPool, client: ProxyHeader.Addresses?) {
        self.pool = pool
        self.client = client
    }

    /// - Returns: false when it cannot even be begun.
    func open() -> Bool {
        socket = pool.connect(self)
        return socket != nil
    }

    var isConnected: Bool { socket?.isConnected ?? false }
    /// Whether bytes of a request wait for the server.
    var isCongested: Bool { output.count > 64 * 1024 }
    var hasUnsent: Bool { !output.isEmpty || (socket?.hasUnsent ?? false) }
    var hasAnswerBegun: Bool { machine.hasBegun }
    var trailers: [UInt8] { machine.trailers }

    func setDeadline(seconds: Int64) { socket?.setDeadline(after: seconds) }
    func setReading(_ on: Bool) { socket?.setReading(on) }

    // MARK: Requests

    func begin(_ head: UnsafeRawBufferPointer, isHead: Bool, mayUpgrade: Bool, hasBody: Bool) {
        machine.begin(isHead: isHead, mayUpgrade: mayUpgrade)
        send(head)
    }

    /// Sends bytes; what is not taken at once is copied.
    func send(_ bytes: UnsafeRawBufferPointer) {
        guard let socket, !isClosed, let base = bytes.baseAddress else { return }
        var taken = 0
        if output.isEmpty {
            taken = socket.send(bytes)
            if taken < 0 { return breakOff(errno) }
            if taken == bytes.count { return }
            socket.setWriting(true)
        }
        output.append(base.assumingMemoryBound(to: UInt8.self) + taken, bytes.count - taken)
    }

    func finishSending() {
        isFinishing = true
        if output.isEmpty { socket?.finishWriting() }
    }

    // MARK: OutgoingOwner

    func connected() { passage?.connected(self) }

    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        // Nobody has asked: whatever this is, it is no answer.
        guard let passage else { return close() }
        if isTunnel { return passage.tunnelReceived(bytes) }
        if input.isEmpty {
            let consumed = process(base, bytes.count, passage)
            if consumed < bytes.count, !isClosed { input.append(base + consumed, bytes.count - consumed) }
        } else {
            input.append(base, bytes.count)
            input.removeFirst(process(input.base, input.count, passage))
        }
        guard !isClosed else { return }
        if let passage = self.passage { passage.pauses() } else { settle() }
    }

    /// Takes events until the input is used up. A head, the first piece of a body and the end go to the client together.
    /// - Returns: bytes consumed.
    private func process(_ base: UnsafePointer<UInt8>, _ count: Int, _ passage: Passage) -> Int {
        var at = 0
        var headAt: Int?
        var piece = UnsafeRawBufferPointer(start: nil, count: 0)
        func deliver(isLast: Bool) {
            if let start = headAt {
                headAt = nil
                passage.receive(head, base + start, piece, isLast: isLast)
            } else if isLast || !piece.isEmpty {
                passage.receive(piece, isLast: isLast)
            }
            piece = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        while !isClosed, self.passage === passage {
            switch machine.next(base + at, count: count - at, limits: pool.loop.limits, into: &head) {
            case .needsMore(let consumed):
                at += consumed
                deliver(isLast: false)
                return at
            case .interim(let length):
                passage.receiveInterim(head, base + at)
                at += length
            case .head(let length):
                headAt = at
                at += length
            case .body(let offset, let length):
                if !piece.isEmpty { deliver(isLast: false) }
                piece = UnsafeRawBufferPointer(start: base + at + offset, count: length)
                at += offset + length
            case .end(let consumed):
                at += consumed
                endAnswer(hasMore: at < count, passage) { deliver(isLast: $0) }
                return at
            case .upgraded(let length):
                isTunnel = true
                passage.upgraded(head, base + at, rest: UnsafeRawBufferPointer(start: base + at + length, count: count - at - length))
                return count
            case .failed(let fault):
                deliver(isLast: false)
                if self.passage === passage { passage.failed(.answer(fault)) }
                return count
            }
        }
        return count
    }

    /// The connection is given back before the end is: the client's next request may be there in the same turn, and take it.
    private func endAnswer(hasMore: Bool, _ passage: Passage, _ deliver: (_ isLast: Bool) -> Void) {
        let trailers = machine.trailers
        let isReusable = machine.isReusable && !hasMore && !hasUnsent && passage.hasSentAll
        passage.leave(self)
        if isReusable { becomeIdle() } else { close() }
        if trailers.isEmpty {
            deliver(true)
        } else {
            deliver(false)
            passage.receiveEnd(trailers: trailers)
        }
    }

    private func becomeIdle() {
        isUsed = true
        idleSince = pool.loop.clock.monotonic
        socket?.setReading(true)
        setDeadline(seconds: pool.idleSeconds)
        pool.keep(self)
    }

    /// Bytes behind an answer belong to none.
    private func settle() {
        if !input.isEmpty { close() }
    }

    func endOfInput() {
        guard let passage else { return close() }
        if isTunnel { return passage.tunnelEnded() }
        switch machine.endOfInput() {
        case .end:
            passage.leave(self)
            close()
            passage.receive(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
        case .failed(let fault): passage.failed(.answer(fault))
        default: close()
        }
    }

    func writable() {
        guard let socket, !output.isEmpty else { return }
        let taken = socket.send(UnsafeRawBufferPointer(start: output.base, count: output.count))
        if taken < 0 { return breakOff(errno) }
        output.removeFirst(taken)
        guard output.isEmpty else { return }
        socket.setWriting(false)
        if isFinishing { socket.finishWriting() }
        passage?.serverTakesMore()
    }

    /// Not at once: who is sending does not expect to be told in the middle of it. What the server has said before is read first.
    private func breakOff(_ code: Int32) {
        output.removeAll()
        socket?.setReading(true)
    }

    func failed(_ fault: OutgoingFault) {
        isClosed = true
        guard let passage else { return pool.forget(self) }
        switch fault {
        case .system(let code): passage.failed(.transport(code))
        case .tls(let fault): passage.failed(.tls(fault))
        }
    }

    func expired() {
        if let passage { passage.expired() } else { close() }
    }

    /// Ends it, whatever it is doing. Its passage is told nothing.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        pool.forget(self)
        socket?.close()
        socket = nil
        input.removeAll()
        output.removeAll()
    }
}
