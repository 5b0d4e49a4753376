import Glibc
import Model

/// The purges that may still mean something that is stored, in a file that all generations read.
///
/// A line is appended in one write; half a line after a crash is passed over.
struct PurgeLog: Sendable {
    private let path: String
    /// Where in which file the next unread line begins.
    private var offset = 0
    private var inode: UInt64 = 0
    private(set) var table = PurgeTable()

    init(_ path: String) {
        self.path = path
        readNew()
    }

    /// Reads what others have appended. Cost: an `fstat` where there is nothing.
    mutating func readNew() {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for purge in read(descriptor).purges { table.insert(purge) }
    }

    private mutating func read(_ descriptor: Int32) -> (purges: [Purge], end: Int) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return ([], offset) }
        // Another file, since somebody has forgotten the old ones: all of it is read, what is known does no harm twice.
        if UInt64(status.st_ino) != inode { (inode, offset) = (UInt64(status.st_ino), 0) }
        let count = Int(status.st_size) - offset
        guard count > 0 else { return ([], offset) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(offset)) }
        guard got > 0, let end = bytes[..<got].lastIndex(of: 0x0A) else { return ([], offset) }
        offset += end + 1
        let lines = String(decoding: bytes[...end], as: UTF8.self).split(separator: "\n")
        return (lines.compactMap { Purge(line: $0) }, offset)
    }

    /// - Throws: `CacheFault`: it is not kept, and only this process knows of it.
    mutating func append(_ purge: Purge) throws(CacheFault) {
        table.insert(purge)
        let descriptor = openAlone(O_WRONLY | O_CREAT | O_APPEND)
        guard descriptor >= 0 else { throw CacheFault(call: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        // A line that a crash left half must not swallow this one.
        let bytes = Array(("\n" + purge.line).utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw CacheFault(call: "write", path: path, errno: errno) }
    }

    /// Lets go of the purges from before a moment: whatever they meant has been dealt with.
    mutating func forget(before moment: Timestamp, temporary: String) {
        let old = openAlone(O_RDONLY)
        guard old >= 0 else { return }
        defer { close(old) }
        var again = PurgeLog(unread: path)
        let purges = again.read(old).purges
        let kept = purges.filter { $0.at >= moment }
        guard kept.count < purges.count else { return }
        let text = Array(kept.map(\.line).joined().utf8)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let isWritten = write(descriptor, text, text.count) == text.count
        close(descriptor)
        if !isWritten || rename(temporary, path) != 0 { unlink(temporary) }
    }

    private init(unread path: String) { self.path = path }

    /// Opens the file, and lets nobody else change it before it is closed: a purge that is appended to a file which another generation has
    /// just replaced would be lost to all others.
    private func openAlone(_ flags: Int32) -> Int32 {
        // Each time another one may just have replaced it; not for ever.
        for _ in 0..<100 {
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return descriptor }
            var (held, named) = (stat(), stat())
            while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
            if fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino { return descriptor }
            close(descriptor)
        }
        errno = EBUSY
        return -1
    }
}
