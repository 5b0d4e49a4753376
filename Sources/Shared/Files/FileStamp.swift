import Glibc

/// What changes when a file is written to. Whoever sees the same stamp again need not read the file again.
package struct FileStamp: Hashable, Sendable {
    /// Bytes.
    package var size: UInt64
    package var inode: UInt64
    /// Nanoseconds since 1970.
    package var modified: Int64
    package var changed: Int64

    package init(size: UInt64, inode: UInt64, modified: Int64, changed: Int64) {
        self.size = size
        self.inode = inode
        self.modified = modified
        self.changed = changed
    }

    package init(_ status: stat) {
        size = UInt64(status.st_size)
        inode = UInt64(status.st_ino)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    /// - Returns: nil where there is no regular file; a link is none.
    package init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(status)
    }

    /// A second name for the file changes `changed` and nothing else.
    package func isSameContent(as other: FileStamp) -> Bool {
        size == other.size && inode == other.inode && modified == other.modified
    }
}
