import Files
import Glibc
import NIOCore

extension OutputQueue {
    /// Copies bytes from the front, which stay in the queue until `leave` is told of them.
    /// - Parameter limit: the most that are copied.
    /// - Returns: bytes copied; nil when a file has become shorter than it was, so that the answer cannot be completed.
    func copy(atMost limit: Int, into buffer: inout ByteBuffer) -> Int? {
        var total = 0
        for piece in pieces[first...] where total < limit {
            let count = min(piece.count, limit - total)
            if let base = piece.base {
                buffer.writeBytes(UnsafeRawBufferPointer(start: base, count: count))
            } else {
                guard let file = piece.owner as? OpenFile else { return nil }
                let descriptor = file.descriptor
                let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                    max(pread(descriptor, target.baseAddress, count, piece.offset), 0)
                }
                if read < count { return nil }
            }
            total += count
        }
        return total
    }
}

extension OutputQueue {
    /// The bytes in front where they stand together in memory, at most `limit`; nil where they do not, and copying is better.
    func contiguous(atMost limit: Int) -> UnsafeRawBufferPointer? {
        guard first < pieces.count, let base = pieces[first].base else { return nil }
        let count = pieces[first].count
        guard count >= limit || first + 1 == pieces.count else { return nil }
        return UnsafeRawBufferPointer(start: base, count: min(count, limit))
    }

    /// The same into memory that has room for `limit` bytes.
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
