import CTandem
import Files
import Glibc

/// A folder that appears whole or not at all: filled beside its place, then exchanged in one step with what is there.
///
/// Killed at any moment, the output is the old one or the new one, whole. What is left then lies beside it (`OUT.tandem-<process>`),
/// and the next digest into OUT removes it: whoever fills such a folder holds a lock on it, and the kernel lets go of the locks of
/// the dead. A file system that cannot exchange gets two renames; killed between them, the next digest puts the old output back.
/// (A power cut may lose what the file system had not written yet: a build can be made again, so nobody waits for the disk.)
final class OutputFolder: Sendable {
    let target: String
    let path: String
    /// Holds the lock.
    private let descriptor: Int32

    /// - Parameter target: where the output will be; its parent must exist.
    init(target: String, process: Int32) throws {
        self.target = target
        Self.removeLeftovers(of: target)
        // Another process may have our number where folders are shared between machines or containers.
        for attempt in 0..<100 {
            let path = "\(target).tandem-\(process)\(attempt == 0 ? "" : "-\(attempt)")"
            if mkdir(path, 0o755) != 0 {
                if errno == EEXIST { continue }
                throw DigestFault.unwritable(path, errno)
            }
            if let descriptor = Self.lock(path) {
                self.path = path
                self.descriptor = descriptor
                return
            }
        }
        throw DigestFault.unwritable(target, EEXIST)
    }

    deinit { close(descriptor) }

    // MARK: What others left

    /// - Returns: nil where somebody holds the lock, or the folder went before we had it.
    private static func lock(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var held = stat()
        var there = stat()
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &held) == 0, stat(path, &there) == 0,
            held.st_ino == there.st_ino
        {
            return descriptor
        }
        close(descriptor)
        return nil
    }

    /// Removes what killed digests into `target` left beside it. Nothing depends on it: what cannot be removed stays.
    private static func removeLeftovers(of target: String) {
        let parent = TreePath.folder(of: target)
        let prefix = TreePath.last(of: target) + ".tandem-"
        for name in names(in: parent.isEmpty ? "." : parent) where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            let isOld = rest.hasSuffix(oldSuffix)
            guard rest.first?.isNumber == true,
                (isOld ? rest.dropLast(oldSuffix.count) : rest).allSatisfy({ $0.isNumber || $0 == "-" })
            else { continue }
            guard let descriptor = lock(parent + name) else { continue }
            defer { close(descriptor) }
            // Killed between two renames.
            if isOld, access(target, F_OK) != 0, rename(parent + name, target) == 0 { continue }
            try? remove(parent + name)
        }
    }

    private static let oldSuffix = ".old"

    // MARK: Filling

    /// Makes every folder that these names need.
    func makeFolders(for names: some Sequence<String>) throws {
        var made: Set<String> = [""]
        for name in names {
            let folder = TreePath.folder(of: name)
            if made.contains(folder) { continue }
            var at = folder.startIndex
            while let slash = folder[at...].firstIndex(of: "/") {
                let part = String(folder[...slash])
                if made.insert(part).inserted, mkdir("\(path)/\(part)", 0o755) != 0, errno != EEXIST { throw unwritable(part) }
                at = folder.index(after: slash)
            }
        }
    }

    /// Writes a new file.
    /// - Returns: false where one of that name is there. Among contents it has the same bytes, or the names collide and the digest fails
    ///   in the end.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String, permissions: UInt32) throws -> Bool {
        guard let file = try create(name, permissions) else { return false }
        defer { close(file) }
        try bytes.withUnsafeBytes { try append($0, to: file, name) }
        return true
    }

    /// Writes a new file in pieces, as `body` makes them.
    /// - Returns: false where one of that name is there.
    func write(to name: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws -> Bool {
        guard let file = try create(name, 0o644) else { return false }
        defer { close(file) }
        try body { try append($0, to: file, name) }
        return true
    }

    private func append(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ name: String) throws {
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(file, bytes.baseAddress.map { $0 + at }, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            if written <= 0 { throw unwritable(name) }
            at += written
        }
    }

    /// Copies a file of the input as it is, inside the kernel where it can.
    func copy(_ file: Folder.File, to name: String) throws {
        let source = open(file.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FolderFault.unreadable(file.path, errno: errno) }
        defer { close(source) }
        guard let copy = try create(name, file.permissions) else { return }
        defer { close(copy) }
        var left = Int(file.stamp.size)
        while left > 0 {
            let copied = tandem_copy_file_range(source, copy, left)
            if copied < 0, errno == EINTR { continue }
            if copied == 0 { throw FolderFault.changed(file.path) }
            if copied < 0 { return try copyByHand(file, to: copy, name) }
            left -= copied
        }
        var status = stat()
        guard fstat(source, &status) == 0, FileStamp(status) == file.stamp else { throw FolderFault.changed(file.path) }
    }

    /// For file systems that know no copying inside the kernel, and for a disk that is full: this says so.
    private func copyByHand(_ file: Folder.File, to copy: Int32, _ name: String) throws {
        guard lseek(copy, 0, SEEK_SET) == 0, ftruncate(copy, 0) == 0 else { throw unwritable(name) }
        try FileBytes.forEachPiece(of: file) { try append($0, to: copy, name) }
    }

    /// Gives a file of this output a second name.
    func alias(_ name: String, as other: String) throws {
        if link("\(path)/\(name)", "\(path)/\(other)") == 0 || errno == EEXIST { return }
        throw unwritable(other)
    }

    /// Takes a file of an earlier output without reading it.
    /// - Returns: false where it cannot be linked: another file system, or it is gone.
    func take(_ earlier: String, as name: String) -> Bool {
        link(earlier, "\(path)/\(name)") == 0 || errno == EEXIST
    }

    /// Removes a file that is not wanted after all.
    func drop(_ name: String) { unlink("\(path)/\(name)") }

    private func create(_ name: String, _ permissions: UInt32) throws -> Int32? {
        // Readable by its owner at least; programs in a build stay programs.
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions | 0o600)
        if file >= 0 { return file }
        if errno == EEXIST { return nil }
        throw unwritable(name)
    }

    private func unwritable(_ name: String) -> DigestFault { .unwritable("\(target)/\(name)", errno) }

    // MARK: In its place

    /// Puts the folder in its place; what was there goes.
    /// - Parameter canExchange: whether to try; false for tests of the other way.
    func commit(canExchange: Bool = true) throws {
        if canExchange, tandem_rename_exchange(path, target) == 0 {
            // The new output is whole and in its place: an old one that cannot be removed is the next digest's.
            try? Self.remove(path)
            return
        }
        let old = path + Self.oldSuffix
        let hadOld = rename(target, old) == 0
        if !hadOld, errno != ENOENT { throw DigestFault.unwritable(target, errno) }
        if rename(path, target) != 0 {
            let code = errno
            if hadOld { _ = rename(old, target) }
            throw DigestFault.unwritable(target, code)
        }
        if hadOld { try? Self.remove(old) }
    }

    func discard() { try? Self.remove(path) }

    /// Removes a folder with everything in it; links are removed, not followed.
    private static func remove(_ path: String) throws {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 {
            if errno == EISDIR { try remove("\(path)/\(name)") } else if errno != ENOENT { throw DigestFault.unwritable(path, errno) }
        }
        if rmdir(path) != 0, errno != ENOENT { throw DigestFault.unwritable(path, errno) }
    }

    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
