import Glibc

/// Reads a file front to back into buffers of the caller's.
package final class PieceReader: Sendable {
    private let path: String
    private let descriptor: Int32

    package init(path: String) throws(BlobError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", path: path, errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Fills the buffer; less than the whole only at the end of the file.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(BlobError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .system(call: "read", path: path, errno: errno) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}
