import CTandem
import Glibc
import Model

/// Immutable bytes by their SHA-256: `blobs/sha256/ab/abcd…`. Present means whole.
package struct BlobStore: Sendable {
    /// The data folder.
    package let root: String

    package init(root: String) {
        self.root = root
    }

    package func path(_ digest: ContentDigest) -> String {
        let hex = digest.hex
        return "\(folder)/\(hex.prefix(2))/\(hex)"
    }

    /// Where the blobs are, in a folder for each first byte.
    package var folder: String { "\(root)/blobs/sha256" }

    /// Bytes of a blob; nil when it is not there.
    package func size(_ digest: ContentDigest) -> UInt64? {
        var status = stat()
        guard stat(path(digest), &status) == 0 else { return nil }
        return UInt64(status.st_size)
    }

    package func contains(_ digest: ContentDigest) -> Bool { size(digest) != nil }

    /// All bytes of a blob, unchecked.
    package func read(_ digest: ContentDigest) throws(BlobError) -> [UInt8] { try FileReader.readAll(path(digest)) }

    /// Reads the blob again and compares its digest. Cost: about 1.5 GB/s.
    package func verify(_ digest: ContentDigest) throws(BlobError) {
        let found = try FileReader.digest(of: path(digest))
        if found != digest { throw .wrongContent(path: path(digest), expected: digest, found: found) }
    }

    package func remove(_ digest: ContentDigest) throws(BlobError) {
        if unlink(path(digest)) != 0, errno != ENOENT { throw .system(call: "remove", path: path(digest), errno: errno) }
    }

    /// Every blob there is, with its size and the age of its file. Names that are no digest are passed over.
    package func forEach(_ body: (ContentDigest, UInt64, _ modifiedAt: Timestamp) throws -> Void) throws {
        for folder in FileReader.names(in: "\(root)/blobs/sha256") {
            for name in FileReader.names(in: "\(root)/blobs/sha256/\(folder)") {
                guard let digest = ContentDigest(hex: name) else { continue }
                var status = stat()
                guard stat("\(root)/blobs/sha256/\(folder)/\(name)", &status) == 0 else { continue }
                try body(digest, UInt64(status.st_size), Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000))
            }
        }
    }

    /// Says that the blob is wanted again, so that `gc` counts its hour anew. False when it has gone meanwhile.
    package func touch(_ digest: ContentDigest) -> Bool { utimensat(AT_FDCWD, path(digest), nil, 0) == 0 }

    /// Sets a damaged blob aside under `quarantine/`.
    package func quarantine(_ digest: ContentDigest) throws(BlobError) {
        try DurableFile.makeFolder("\(root)/quarantine")
        let target = "\(root)/quarantine/\(digest.hex)"
        if rename(path(digest), target) != 0 { throw .system(call: "rename to", path: target, errno: errno) }
        try DurableFile.flushFolder(of: path(digest))
    }
}

/// Blobs on their way into the store: written to a folder of their own, flushed all at once, then renamed into place.
///
/// One `syncfs` instead of a flush for each: 10,000 blobs cost two of them. Owned by one publish.
package final class StagedBlobs: Sendable {
    private let store: BlobStore
    let folder: String

    /// - Parameter folder: under `tmp/`, made here. What it holds is removed: a process that was killed while it wrote leaves
    ///   part of a blob there, and another may come to use the same name.
    package init(store: BlobStore, folder: String) throws(BlobError) {
        self.store = store
        self.folder = folder
        try DurableFile.makeFolder(folder)
        for name in FileReader.names(in: folder) where unlink("\(folder)/\(name)") != 0 {
            throw .system(call: "remove", path: "\(folder)/\(name)", errno: errno)
        }
    }

    package func path(_ digest: ContentDigest) -> String { "\(folder)/\(digest.hex)" }

    /// Adds bytes that have this digest. The same twice is written once.
    package func add(_ bytes: [UInt8], _ digest: ContentDigest) throws(BlobError) {
        do throws(BlobError) {
            try DurableFile.write(bytes, to: path(digest), flushing: false)
        } catch {
            if case .system(_, _, EEXIST) = error { return }
            throw error
        }
    }

    /// Copies a file and checks on the way that it has this digest.
    package func add(file source: String, _ digest: ContentDigest) throws(BlobError) {
        let target = path(digest)
        let found: ContentDigest
        do throws(BlobError) {
            found = try FileReader.copy(source, to: target)
        } catch {
            if case .system(_, target, EEXIST) = error { return }
            unlink(target)
            throw error
        }
        if found != digest {
            unlink(target)
            throw .wrongContent(path: source, expected: digest, found: found)
        }
    }

    /// Makes everything added present in the store, for good.
    package func commit() throws(BlobError) {
        let names = FileReader.names(in: folder)
        if names.isEmpty { return }
        FaultPoint.hit(.blobsWritten)
        try sync()
        FaultPoint.hit(.blobsSynced)
        for name in names {
            guard let digest = ContentDigest(hex: name) else { continue }
            let target = store.path(digest)
            try DurableFile.makeFolder(String(target.dropLast(65)))
            if rename("\(folder)/\(name)", target) != 0 { throw .system(call: "rename to", path: target, errno: errno) }
        }
        FaultPoint.hit(.blobsRenamed)
        try sync()
    }

    private func sync() throws(BlobError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", path: folder, errno: errno) }
        defer { close(descriptor) }
        if tandem_syncfs(descriptor) != 0 { throw .system(call: "flush", path: folder, errno: errno) }
    }

    /// Removes what was not committed.
    package func discard() {
        for name in FileReader.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
