import Glibc

/// What an HTTP/2 connection writes: a batch of frames that leaves in one `send`, and what of it the transport did not take.
/// State belongs to one event loop.
///
/// Between `begin` and `end` frames are written into the loop's block, or, when another connection is using it, into one of
/// our own. While the transport is full only control frames are added, behind what waits; answers stay with their streams,
/// so that a slow reader costs at most a batch.
struct HTTP2Output: ~Copyable {
    private var batch: UnsafeMutablePointer<UInt8>?
    private var isOwnBatch = false
    private var count = 0
    private var waiting = InputBuffer()
    /// Whether the transport is full.
    private(set) var isBlocked = false

    var isEmpty: Bool { count == 0 && waiting.isEmpty }
    var waitingCount: Int { waiting.count }
    var batchCount: Int { count }

    mutating func begin(_ workspace: HTTP2Workspace) {
        if workspace.isBatchTaken {
            batch = .allocate(capacity: HTTP2Workspace.batchCount)
            isOwnBatch = true
        } else {
            batch = workspace.batch
            workspace.isBatchTaken = true
        }
    }

    /// - Precondition: flushed.
    mutating func end(_ workspace: HTTP2Workspace) {
        if isOwnBatch { batch?.deallocate() } else { workspace.isBatchTaken = false }
        isOwnBatch = false
        batch = nil
        count = 0
    }

    @inline(__always)
    func has(room: Int) -> Bool { count + room <= HTTP2Workspace.batchCount }

    /// Where the next frames are to be written: `added` says how many bytes they took.
    /// - Precondition: not blocked, and has room.
    @inline(__always)
    var place: UnsafeMutablePointer<UInt8> {
        guard let batch else { preconditionFailure("written outside of a turn") }
        return batch + count
    }

    @inline(__always)
    mutating func added(_ bytes: Int) { count += bytes }

    /// Adds a control frame, whatever the transport's state.
    mutating func add(_ frame: HTTP2Frame, _ payload: some Collection<UInt8>) {
        let size = HTTP2Frame.headCount + payload.count
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { block in
            guard let base = block.baseAddress else { return }
            frame.write(to: base)
            _ = UnsafeMutableBufferPointer(start: base + HTTP2Frame.headCount, count: payload.count).update(fromContentsOf: payload)
            if let batch, !isBlocked, has(room: size) {
                (batch + count).update(from: base, count: size)
                count += size
            } else {
                if let batch, count > 0 { moveBatch(batch) }
                waiting.append(base, size)
            }
        }
    }

    private mutating func moveBatch(_ batch: UnsafeMutablePointer<UInt8>, from sent: Int = 0) {
        waiting.append(UnsafePointer(batch + sent), count - sent)
        count = 0
    }

    /// Gives the transport what there is.
    /// - Returns: bytes taken; -1 when the peer is gone.
    mutating func flush(to transport: any ByteTransport) -> Int {
        var total = 0
        if !waiting.isEmpty {
            let taken = transport.send(UnsafeRawBufferPointer(start: waiting.base, count: waiting.count))
            if taken < 0 { return -1 }
            total = taken
            waiting.removeFirst(taken)
        }
        if waiting.isEmpty, count > 0, let batch {
            let taken = transport.send(UnsafeRawBufferPointer(start: batch, count: count))
            if taken < 0 { return -1 }
            total += taken
            if taken < count { moveBatch(batch, from: taken) } else { count = 0 }
        } else if count > 0, let batch {
            moveBatch(batch)
        }
        isBlocked = !waiting.isEmpty
        return total
    }

    mutating func removeAll() {
        waiting.removeAll()
        count = 0
    }

    deinit {
        if isOwnBatch { batch?.deallocate() }
    }
}
