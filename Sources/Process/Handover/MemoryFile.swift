import CTandem
import Glibc

/// Bytes in a file without a name, handed on by descriptor.
package enum MemoryFile {
    /// - Returns: a descriptor, the caller's, closed on exec.
    package static func make(_ name: String, _ bytes: [UInt8]) throws(HandoverFault) -> Int32 {
        let descriptor = tandem_memory_file(name)
        guard descriptor >= 0 else { throw .system("memfd_create", errno) }
        var at = 0
        while at < bytes.count {
            let written = bytes.withUnsafeBytes { raw in write(descriptor, raw.baseAddress.map { $0 + at }, raw.count - at) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let code = errno
                close(descriptor)
                throw .system("writing a memory file", code)
            }
            at += written
        }
        return descriptor
    }

    /// All of it, from its beginning.
    package static func read(_ descriptor: Int32) throws(HandoverFault) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("fstat", errno) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var at = 0
        while at < bytes.count {
            let count = bytes.withUnsafeMutableBytes { raw in pread(descriptor, raw.baseAddress.map { $0 + at }, raw.count - at, off_t(at))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("reading a memory file", count < 0 ? errno : EIO) }
            at += count
        }
        return bytes
    }
}
