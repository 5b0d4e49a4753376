import HTTPEngine

/// What carries one request to a server and its answer back: a whole connection of HTTP/1.1, or a stream of HTTP/2. State belongs to one
/// event loop.
protocol UpstreamCarrier: AnyObject {
    /// Who works with it; nil: nobody.
    var passage: Passage? { get set }
    /// Whether its connection has carried a request before: then its server may have ended it while it was idle.
    var isUsed: Bool { get }
    /// Whether a byte of the answer has come.
    var hasAnswerBegun: Bool { get }
    /// Whether bytes of the request wait for the server.
    var hasUnsent: Bool { get }
    /// Whether so many do that the client is held back.
    var isCongested: Bool { get }

    /// Sends a head.
    /// - Parameter head: of HTTP/1.1, whole.
    func begin(_ head: UnsafeRawBufferPointer, isHead: Bool, mayUpgrade: Bool, hasBody: Bool)
    /// - Parameters:
    ///   - isChunked: whether its length was not said in the head.
    ///   - block: to put framing together in.
    func sendBody(_ bytes: UnsafeRawBufferPointer, isChunked: Bool, _ block: ByteBlock)
    func endBody(isChunked: Bool, trailers: [UInt8], _ block: ByteBlock)
    /// Bytes of a tunnel.
    func send(_ bytes: UnsafeRawBufferPointer)
    /// The end of our side of a tunnel.
    func finishSending()
    func setDeadline(seconds: Int64)
    func setReading(_ on: Bool)
    /// Ends it, whatever it is doing. Its passage is told nothing.
    func close()
}
