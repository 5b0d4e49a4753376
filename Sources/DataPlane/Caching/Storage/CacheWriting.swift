import Crypto
import Files
import Glibc
import Model

/// A response on its way into the cache, piece by piece. Belongs to one event loop.
///
/// Nothing is found before `finish`; what is not finished is removed. A disk that is full ends the writing, not the answer.
package final class CacheWriting {
    private let folder: CacheFolder
    private let room: SharedRoom
    /// Told that the disk is full.
    private let whenFull: @Sendable () -> Void
    package let key: CacheKey
    private let stored: StoredResponse
    private let head: [UInt8]
    private let temporary: String
    private var descriptor: Int32
    private var hash = SHA256()
    private(set) var count = 0
    /// Kept beside the file while it is short.
    private var memory: [UInt8]? = []

    /// - Parameter number: told apart from the others of this process.
    /// - Throws: `CacheFault`.
    init(
        _ folder: CacheFolder, _ key: CacheKey, _ stored: StoredResponse, number: Int, room: SharedRoom,
        whenFull: @escaping @Sendable () -> Void
    ) throws(CacheFault) {
        self.folder = folder
        self.room = room
        self.whenFull = whenFull
        self.key = key
        self.stored = stored
        head = stored.bytes
        temporary = "\(folder.path)/tmp/\(getpid())-\(number)"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw fault("create", temporary, errno) }
        if head.count > Int(CacheFilePrefix.largestHead) || lseek(descriptor, off_t(CacheFilePrefix.byteCount), SEEK_SET) < 0 {
            throw CacheFault(call: "write", path: temporary, errno: EFBIG)
        }
        try write(head)
    }

    deinit { abandon() }

    /// - Throws: `CacheFault`: it will not be stored.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(CacheFault) {
        guard descriptor >= 0, room.take(bytes.count) else {
            abandon()
            throw CacheFault(call: "write", path: temporary, errno: EFBIG)
        }
        hash.update(bufferPointer: bytes)
        count += bytes.count
        if memory != nil {
            if count <= folder.largestInMemory { memory?.append(contentsOf: bytes) } else { memory = nil }
        }
        try write(bytes)
    }

    private func write(_ bytes: [UInt8]) throws(CacheFault) {
        let result: Result<Void, CacheFault> = bytes.withUnsafeBytes { raw in
            do throws(CacheFault) { return .success(try write(raw)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(CacheFault) {
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + at }, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            if written <= 0 {
                let code = errno
                abandon()
                throw fault("write", temporary, code)
            }
            at += written
        }
    }

    /// All of it has come: from now on it is found.
    /// - Returns: the stored response, and the bytes of its file.
    /// - Throws: `CacheFault`.
    func finish() throws(CacheFault) -> (object: CachedObject, size: UInt64) {
        let digest = ContentDigest(hash.finalize())
        let prefix = CacheFilePrefix(headCount: head.count, bodyCount: count, bodyDigest: digest, boot: folder.boot)
        let start = prefix.bytes(head: head)
        let isWritten = start.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) == $0.count }
        let place = folder.path(of: CacheFileName(key))
        // Opened by its first name: under the other one another response may stand by then.
        guard isWritten,
            let body: CachedObject.Body = memory.map({ .memory($0) }) ?? (try? OpenFile(path: temporary)).map({ .file($0, prefix.body) }),
            rename(to: place)
        else {
            let code = errno
            abandon()
            throw fault("rename to", place, code)
        }
        leave()
        return (CachedObject(key: key, stored: stored, body: body, bodyDigest: digest), UInt64(prefix.end))
    }

    private func fault(_ call: String, _ path: String, _ code: Int32) -> CacheFault {
        let fault = CacheFault(call: call, path: path, errno: code)
        if fault.isOfFullDisk { whenFull() }
        return fault
    }

    private func rename(to place: String) -> Bool {
        if Glibc.rename(temporary, place) == 0 { return true }
        guard errno == ENOENT, mkdir("\(folder.path)/\(CacheFileName(key).folder)", 0o700) == 0 || errno == EEXIST else { return false }
        return Glibc.rename(temporary, place) == 0
    }

    /// It is not to be stored after all.
    package func abandon() {
        guard descriptor >= 0 else { return }
        leave()
        unlink(temporary)
    }

    private func leave() {
        close(descriptor)
        descriptor = -1
        room.give(count)
    }
}
