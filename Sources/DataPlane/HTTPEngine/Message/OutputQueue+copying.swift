import Files
import Glibc

extension OutputQueue {
    /// The bytes in front where they stand together in memory, at most `limit`; nil where they do not, and copying is better.
    func contiguous(atMost limit: Int) -> UnsafeRawBufferPointer? {
        guard first < pieces.count, let base = pieces[first].base else { return nil }
        let count = pieces[first].count
        guard count >= limit || first + 1 == pieces.count else { return nil }
        return UnsafeRawBufferPointer(start: base, count: min(count, limit))
    }

    /// Copies bytes from the front into memory that has room for `limit` bytes; they stay in the queue until `leave` is told of them.
    /// - Returns: bytes copied; nil when a file has become shorter than it was, so that the answer cannot be completed.
    func copy(atMost limit: Int, into memory: UnsafeMutableRawPointer) -> Int? {
        var total = 0
        for piece in pieces[first...] where total < limit {
            let count = min(piece.count, limit - total)
            if let base = piece.base {
                memory.advanced(by: total).copyMemory(from: base, byteCount: count)
            } else {
                guard let file = piece.owner as? OpenFile, file.read(at: piece.offset, count: count, into: memory + total) else {
                    return nil
                }
            }
            total += count
        }
        return total
    }
}
