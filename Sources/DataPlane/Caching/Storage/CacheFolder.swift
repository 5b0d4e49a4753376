import Crypto
import Files
import Glibc
import Model

/// The files of the cache: the file system is its index. A response stands in one file named for its key, so that what a generation stores
/// the next one finds, and a file that is gone is a miss.
///
/// ```
/// cache/ab/abcd…   a stored response
/// cache/tmp/…      one that is being written
/// cache/purges     what was purged, see `PurgeLog`
/// ```
struct CacheFolder: Sendable {
    let path: String
    /// Tells apart what was written before the machine last stopped.
    let boot: UInt64
    /// Bodies up to this many bytes are kept in memory.
    let largestInMemory: Int

    /// Behind the body of a file so many bytes of renewals may stand.
    static let renewalBytes = 64 << 10

    /// - Throws: `CacheFault`.
    init(_ path: String, boot: UInt64, largestInMemory: Int = 256 << 10) throws(CacheFault) {
        self.path = path
        self.boot = boot
        self.largestInMemory = largestInMemory
        try Self.make(path)
        try Self.make(path + "/tmp")
    }

    private static func make(_ path: String) throws(CacheFault) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw CacheFault(call: "make the folder", path: path, errno: errno) }
    }

    func path(of name: CacheFileName) -> String { "\(path)/\(name.folder)/\(name.text)" }

    // MARK: Reading

    /// The response stored under a key; nil: none, or one that cannot be believed, which is removed.
    func read(_ key: CacheKey, url: String) -> CachedObject? {
        let path = path(of: CacheFileName(key))
        guard let file = try? OpenFile(path: path) else { return nil }
        guard let found = Self.head(of: file), found.stored.url == url else {
            unlink(path)
            return nil
        }
        let (prefix, stored) = found
        if prefix.boot != boot, !Self.isWhole(file, prefix) {
            unlink(path)
            return nil
        }
        let body: CachedObject.Body
        if prefix.bodyCount <= largestInMemory {
            guard let bytes = Self.bytes(of: file, prefix.body) else { return nil }
            body = .memory(bytes)
        } else {
            body = .file(file, prefix.body)
        }
        return CachedObject(key: key, stored: stored, body: body, bodyDigest: prefix.bodyDigest)
    }

    /// What stands in a file, by its name alone, and the digest of the body that it is about.
    func stored(_ name: CacheFileName) -> (response: StoredResponse, body: ContentDigest)? {
        guard let file = try? OpenFile(path: path(of: name)), let found = Self.head(of: file) else { return nil }
        return (found.stored, found.prefix.bodyDigest)
    }

    /// What a file says of itself: of its renewals the last whole one.
    static func head(of file: OpenFile) -> (prefix: CacheFilePrefix, stored: StoredResponse)? {
        guard let start = bytes(of: file, 0..<CacheFilePrefix.byteCount), let prefix = start.withUnsafeBytes({ CacheFilePrefix($0) }),
            prefix.end <= file.size, let whole = bytes(of: file, 0..<prefix.bodyOffset),
            whole.withUnsafeBytes({ prefix.matches($0) })
        else { return nil }
        if let renewed = renewal(of: file, behind: prefix.end) { return (prefix, renewed) }
        return whole.withUnsafeBytes { all in
            let head = UnsafeRawBufferPointer(rebasing: all[CacheFilePrefix.byteCount...])
            return StoredResponse(bytes: head).map { (prefix, $0) }
        }
    }

    private static func renewal(of file: OpenFile, behind end: Int) -> StoredResponse? {
        let footerAt = file.size - CacheFileRenewal.footerCount
        guard footerAt >= end, let footer = bytes(of: file, footerAt..<file.size),
            let count = footer.withUnsafeBytes({ CacheFileRenewal.headCount(footer: $0) }), footerAt - count >= end,
            let head = bytes(of: file, footerAt - count..<footerAt)
        else { return nil }
        return head.withUnsafeBytes { head in
            footer.withUnsafeBytes { CacheFileRenewal.isWhole(head: head, footer: $0) } ? StoredResponse(bytes: head) : nil
        }
    }

    private static func bytes(of file: OpenFile, _ range: Range<Int>) -> [UInt8]? {
        guard range.upperBound <= file.size else { return nil }
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            if let base = buffer.baseAddress { isWhole = file.read(at: range.lowerBound, count: range.count, into: base) }
            count = isWhole ? range.count : 0
        }
        return isWhole ? bytes : nil
    }

    /// Whether the body is the one that was written.
    private static func isWhole(_ file: OpenFile, _ prefix: CacheFilePrefix) -> Bool {
        var hash = SHA256()
        var at = prefix.bodyOffset
        while at < prefix.end {
            let next = min(at + (1 << 20), prefix.end)
            guard let piece = bytes(of: file, at..<next) else { return false }
            hash.update(data: piece)
            at = next
        }
        return ContentDigest(hash.finalize()) == prefix.bodyDigest
    }

    // MARK: Changing

    /// Puts a renewed head behind the body it is about. Lost in a crash it is lost: the old head is asked about once more.
    /// - Parameter body: its digest. Another loop or generation may have put another response under the name, and to its bytes a foreign
    ///   head would be a lie for as long as the file is kept.
    func renew(_ name: CacheFileName, _ stored: StoredResponse, body: ContentDigest) {
        let path = path(of: name)
        guard let file = try? OpenFile(path: path), let prefix = Self.head(of: file)?.prefix, prefix.bodyDigest == body else { return }
        // Each renewal is one write at the end: two generations that renew at once leave two whole ones.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard Self.isSame(descriptor, file.descriptor) else { return }
        if file.size - prefix.end > Self.renewalBytes { ftruncate(descriptor, off_t(prefix.end)) }
        let bytes = CacheFileRenewal.bytes(head: stored.bytes)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Whether two descriptors are of one file: the name may have been given to another one in between.
    private static func isSame(_ one: Int32, _ other: Int32) -> Bool {
        var (first, second) = (stat(), stat())
        return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_ino == second.st_ino
    }

    func remove(_ name: CacheFileName) { unlink(path(of: name)) }

    /// Calls `body` with each stored response's file and its bytes. Cost: a stat for each.
    func forEach(_ body: (CacheFileName, UInt64) -> Void) {
        for number in 0..<256 {
            let digits = String(number, radix: 16)
            let folder = "\(path)/\(digits.count == 1 ? "0" + digits : digits)"
            guard let listing = opendir(folder) else { continue }
            defer { closedir(listing) }
            while let entry = readdir(listing) {
                let text = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard let name = CacheFileName(text[...]) else { continue }
                var status = stat()
                if stat("\(folder)/\(text)", &status) == 0 { body(name, UInt64(status.st_size)) }
            }
        }
    }

    /// What a process that died was writing.
    func removeUnfinished() {
        guard let listing = opendir(path + "/tmp") else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let text = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = text.split(separator: "-").first.flatMap({ pid_t($0) }), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            unlink("\(path)/tmp/\(text)")
        }
    }
}

package struct CacheFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let path: String
    package let errno: Int32

    var isOfFullDisk: Bool { errno == ENOSPC || errno == EDQUOT }

    package var description: String { "cannot \(call) \(path): \(String(cString: strerror(errno)))" }
}
