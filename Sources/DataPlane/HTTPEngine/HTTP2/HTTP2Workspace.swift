/// Memory that the HTTP/2 connections of one event loop use in turn: one at a time reads a head or fills a batch, so that an
/// idle connection holds none of it. Made when the first of them comes.
final class HTTP2Workspace {
    /// Frames are collected here and leave in one `send`.
    static let batchCount = 128 * 1024

    let head: HTTP2RequestHead
    let batch: UnsafeMutablePointer<UInt8>
    var isBatchTaken = false

    init(limits: EngineLimits) {
        head = HTTP2RequestHead(limits: limits)
        batch = .allocate(capacity: Self.batchCount)
    }

    deinit {
        batch.deallocate()
    }
}
