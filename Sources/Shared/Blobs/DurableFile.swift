import CTandem
import Glibc

/// Writing so that a name means whole bytes, also after a power cut: to `tmp`, flushed, renamed, the folder flushed.
package enum DurableFile {
    /// Puts `bytes` at `path` in one step; what stood there stays whole until then.
    /// - Parameter temporary: a path on the same file system that nobody else uses.
    package static func replace(_ path: String, with bytes: some Collection<UInt8>, temporary: String) throws(BlobError) {
        try write(Array(bytes), to: temporary, flushing: true)
        if rename(temporary, path) != 0 {
            let code = errno
            unlink(temporary)
            throw .system(call: "rename to", path: path, errno: code)
        }
        try flushFolder(of: path)
    }

    /// Writes a new file. On an error nothing is left of it.
    package static func write(_ bytes: [UInt8], to path: String, flushing: Bool) throws(BlobError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(call: "create", path: path, errno: errno) }
        defer { close(descriptor) }
        do throws(BlobError) {
            try write(bytes, to: descriptor, path: path)
            if flushing, fsync(descriptor) != 0 { throw .system(call: "flush", path: path, errno: errno) }
        } catch {
            unlink(path)
            throw error
        }
    }

    package static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(BlobError) {
        if FaultPoint.isFull(.blobWrite) { throw .system(call: "write", path: path, errno: ENOSPC) }
        var at = 0
        while at < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + at }, $0.count - at) }
            if written < 0, errno == EINTR { continue }
            if written <= 0 { throw .system(call: "write", path: path, errno: errno) }
            at += written
        }
    }

    package static func flushFolder(of path: String) throws(BlobError) {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", path: folder, errno: errno) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw .system(call: "flush", path: folder, errno: errno) }
    }

    package static func makeFolder(_ path: String) throws(BlobError) {
        if mkdir(path, 0o755) != 0, errno != EEXIST { throw .system(call: "make the folder", path: path, errno: errno) }
    }
}
