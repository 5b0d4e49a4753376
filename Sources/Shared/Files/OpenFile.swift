import CTandem
import Glibc

/// A file held open for reading, closed when the last user lets go. What `sendfile` sends from.
package final class OpenFile: Sendable {
    package let descriptor: Int32
    /// Bytes in it when it was opened.
    package let size: Int

    /// - Throws: `MappingError` with `errno` when the file cannot be opened.
    package init(path: String) throws(MappingError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MappingError(path: path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw MappingError(path: path, errno: code)
        }
        size = Int(status.st_size)
    }

    /// Opens a file of an open folder, by a name that ends with a zero, and leaves its access time alone. Nil with `errno` set when
    /// it cannot be opened, and when it has another size.
    package init?(in folder: Int32, name: UnsafePointer<CChar>, size: Int) {
        let opened = tandem_open_in(folder, name)
        var status = stat()
        guard opened >= 0, fstat(opened, &status) == 0, Int(status.st_size) == size else {
            if opened >= 0 {
                close(opened)
                errno = ENOENT
            }
            return nil
        }
        descriptor = opened
        self.size = size
    }

    deinit {
        close(descriptor)
    }

    /// Reads into memory.
    /// - Returns: whether all of it was there.
    package func read(at offset: Int, count: Int, into memory: UnsafeMutableRawPointer) -> Bool {
        var done = 0
        while done < count {
            let got = pread(descriptor, memory + done, count - done, off_t(offset + done))
            if got == 0 || (got < 0 && errno != EINTR) { return false }
            done += max(got, 0)
        }
        return true
    }
}
