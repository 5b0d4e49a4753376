import HTTPEngine

/// One request's stream on a connection of HTTP/2. State belongs to one event loop.
final class HTTP2UpstreamStream: UpstreamCarrier {
    private let connection: HTTP2UpstreamConnection
    var passage: Passage?
    /// 0: not opened yet.
    private(set) var id: UInt32 = 0
    let isUsed: Bool
    var hasAnswerBegun = false
    /// Bytes of a body that the windows have no room for.
    private var pending = InputBuffer()
    private var end: (isThere: Bool, trailers: [UInt8]) = (false, [])
    private var isReading = true
    /// Bytes that came while the client took none: their room is given back when it does.
    private var held = 0
    /// In seconds of the loop's clock.
    private(set) var deadline = Int64.max

    init(_ connection: HTTP2UpstreamConnection) {
        self.connection = connection
        isUsed = connection.isUsed
    }

    var isConnected: Bool { connection.isConnected }
    var hasUnsent: Bool { !pending.isEmpty || connection.hasUnsent }
    var isCongested: Bool { pending.count > 64 * 1024 }
    var hasPending: Bool { !pending.isEmpty || end.isThere }

    func setDeadline(seconds: Int64) { deadline = connection.deadline(after: seconds) }

    func begin(_ head: UnsafeRawBufferPointer, isHead: Bool, mayUpgrade: Bool, hasBody: Bool) {
        id = connection.open(self, head, isHead: isHead, hasBody: hasBody)
    }

    func sendBody(_ bytes: UnsafeRawBufferPointer, isChunked: Bool, _ block: ByteBlock) {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let taken = pending.isEmpty ? connection.send(bytes, on: id) : 0
        if taken < bytes.count { pending.append(base + taken, bytes.count - taken) }
    }

    func endBody(isChunked: Bool, trailers: [UInt8], _ block: ByteBlock) {
        end = (true, trailers)
        pump()
    }

    /// Sends what the windows have room for.
    func pump() {
        if !pending.isEmpty {
            let taken = connection.send(UnsafeRawBufferPointer(start: pending.base, count: pending.count), on: id)
            pending.removeFirst(taken)
            if pending.isEmpty, !end.isThere { passage?.serverTakesMore() }
        }
        if pending.isEmpty, end.isThere {
            end.isThere = false
            connection.finish(id, trailers: end.trailers)
        }
    }

    /// There is no tunnel in a stream: who asks for one is answered as if it had not.
    func send(_ bytes: UnsafeRawBufferPointer) {}
    func finishSending() {}

    func setReading(_ on: Bool) {
        isReading = on
        if on, held > 0 {
            connection.consumed(held, on: id)
            held = 0
        }
    }

    /// Bytes of the answer were given to whoever they are for.
    func delivered(_ count: Int) {
        if isReading { connection.consumed(count, on: id) } else { held += count }
    }

    func close() { connection.leave(self) }
}
