/// A request without a connection: what a cache asks by itself, for explaining what one would meet, and for tests of what decides.
package final class DetachedRequest {
    private let loop: LoopContext
    private let transport = NoTransport()
    private let connection: HTTP1Connection
    private let bytes: OwnedBytes
    package var exchange: Exchange { connection.exchange }

    /// - Parameter head: a request head with its empty line.
    /// - Throws: what the engine would refuse it for; an incomplete head counts as a bad request line.
    package convenience init(head: [UInt8], peer: PeerAddress = .local, isSecure: Bool = false) throws(Refusal) {
        let loop = LoopContext(limits: EngineLimits())
        loop.isSecure = isSecure
        try self.init(head: head, on: loop, peer: peer)
    }

    /// One that a loop asks itself.
    package init(head: [UInt8], on loop: LoopContext, peer: PeerAddress) throws(Refusal) {
        self.loop = loop
        connection = HTTP1Connection(loop: loop, transport: transport, peer: peer)
        bytes = OwnedBytes(head)
        switch RequestHeadParser.parse(bytes.base, count: bytes.count, limits: loop.limits, into: &connection.exchange.head) {
        case .complete(let length): connection.exchange.begin(UnsafePointer(bytes.base), length)
        case .incomplete: throw Refusal(400, .badRequestLine)
        case .refused(let refusal): throw refusal
        }
    }
}

/// Takes nothing and gives nothing.
private final class NoTransport: ByteTransport {
    var descriptor: Int32 { -1 }
    func setReading(_ on: Bool) {}
    func setWriting(_ on: Bool) {}
    func finishWriting() {}
    func close() {}
}
