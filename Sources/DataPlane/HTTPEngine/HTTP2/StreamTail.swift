/// What waits of a body that comes piece by piece. State belongs to one event loop.
final class StreamTail {
    private var bytes = InputBuffer()
    /// Whether the last piece has come.
    private(set) var hasEnded = false
    /// Whole field lines behind the body, each with its CRLF.
    private(set) var trailers: [UInt8] = []

    var count: Int { bytes.count }

    func append(_ piece: UnsafeRawBufferPointer) {
        guard let base = piece.baseAddress, !piece.isEmpty else { return }
        bytes.append(base.assumingMemoryBound(to: UInt8.self), piece.count)
    }

    func end(trailers: [UInt8] = []) {
        hasEnded = true
        self.trailers = trailers
    }

    func take(_ count: Int, into output: UnsafeMutablePointer<UInt8>) {
        output.update(from: bytes.base, count: count)
        bytes.removeFirst(count)
    }
}
