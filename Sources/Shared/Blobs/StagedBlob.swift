import Crypto
import Glibc
import Model
import Synchronization

extension StagedBlobs {
    /// Adds a blob whose digest is known only when all of it has been written: an encoding that is made in pieces.
    ///
    /// Until it is finished its file has a name that is no digest, which `commit` passes over and `discard` removes.
    package func writer() throws(BlobError) -> StagedBlob { try StagedBlob(in: folder) }
}

/// A blob on its way into a staging folder. Belongs to one task.
package final class StagedBlob {
    private static let numbers = Atomic<UInt64>(0)

    private let folder: String
    private let path: String
    private let descriptor: Int32
    private var hash = SHA256()
    /// Bytes written so far.
    package private(set) var size: UInt64 = 0
    private var isKept = false

    fileprivate init(in folder: String) throws(BlobError) {
        self.folder = folder
        path = "\(folder)/unfinished-\(Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue)"
        // Truncated: a killed process may have left one of the same number.
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(call: "create", path: path, errno: errno) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(BlobError) {
        hash.update(bufferPointer: bytes)
        try DurableFile.write(Array(bytes), to: descriptor, path: path)
        size += UInt64(bytes.count)
    }

    /// Gives it its name. The same content staged by another is replaced by these equal bytes. Nothing is written after it.
    package func finish() throws(BlobError) -> ContentDigest {
        let digest = ContentDigest(hash.finalize())
        let target = "\(folder)/\(digest.hex)"
        if rename(path, target) != 0 { throw .system(call: "rename to", path: target, errno: errno) }
        isKept = true
        return digest
    }

    deinit {
        close(descriptor)
        if !isKept { unlink(path) }
    }
}
