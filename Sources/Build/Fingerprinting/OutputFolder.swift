import CTandem
import Glibc

/// A folder that appears whole or not at all: filled beside its place and renamed into it.
///
/// Killed while it fills, the old output is there as it was; killed between the two renames at the end, the old one is whole under
/// `OUT.tandem-<process>.old` and the new one under `OUT.tandem-<process>`. (A power cut may lose what the file system had not written yet: a
/// build can be made again, so nobody waits for the disk.)
final class OutputFolder: Sendable {
    let target: String
    let path: String

    /// - Parameter target: where the output will be; its parent must exist.
    init(target: String, process: Int32) throws(TreeFault) {
        self.target = target
        path = "\(target).tandem-\(process)"
        try Self.remove(path)
        guard mkdir(path, 0o755) == 0 else { throw .unwritable(path, errno) }
    }

    /// Makes every folder that these names need.
    func makeFolders(for names: some Sequence<String>) throws(TreeFault) {
        var made: Set<String> = [""]
        for name in names {
            let folder = TreePath.folder(of: name)
            if made.contains(folder) { continue }
            var at = folder.startIndex
            while let slash = folder[at...].firstIndex(of: "/") {
                let part = String(folder[...slash])
                if made.insert(part).inserted, mkdir("\(path)/\(part)", 0o755) != 0, errno != EEXIST {
                    throw .unwritable("\(target)/\(part)", errno)
                }
                at = folder.index(after: slash)
            }
        }
    }

    /// Writes a new file. One that is there already has the same content, or the names collide and the digest fails in the end.
    func write(_ bytes: [UInt8], to name: String, permissions: UInt32) throws(TreeFault) {
        guard let descriptor = try create(name, permissions) else { return }
        defer { close(descriptor) }
        var at = 0
        while at < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + at }, $0.count - at) }
            if written < 0, errno == EINTR { continue }
            if written <= 0 { throw .unwritable("\(target)/\(name)", errno) }
            at += written
        }
    }

    /// Copies a file of the input as it is, inside the kernel where it can.
    func copy(_ file: BuildTree.File, to name: String) throws(TreeFault) {
        let source = open(file.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw .unreadable(file.path, errno) }
        defer { close(source) }
        guard let descriptor = try create(name, file.permissions) else { return }
        defer { close(descriptor) }
        var left = Int(file.stamp.size)
        while left > 0 {
            let copied = tandem_copy_file_range(source, descriptor, left)
            if copied < 0, errno == EINTR { continue }
            if copied == 0 { throw .changed(file.path) }
            if copied < 0 { return try copyByHand(source, descriptor, file, name) }
            left -= copied
        }
        var status = stat()
        guard fstat(source, &status) == 0, FileStamp(status) == file.stamp else { throw .changed(file.path) }
    }

    /// For file systems that know no copying inside the kernel.
    private func copyByHand(_ source: Int32, _ descriptor: Int32, _ file: BuildTree.File, _ name: String) throws(TreeFault) {
        guard lseek(source, 0, SEEK_SET) == 0, lseek(descriptor, 0, SEEK_SET) == 0, ftruncate(descriptor, 0) == 0 else {
            throw .unwritable("\(target)/\(name)", errno)
        }
        var code: Int32 = 0
        try FileBytes.forEachPiece(of: file) { piece in
            var at = 0
            while at < piece.count, code == 0 {
                let written = Glibc.write(descriptor, piece.baseAddress.map { $0 + at }, piece.count - at)
                if written < 0, errno == EINTR { continue }
                if written <= 0 { code = errno } else { at += written }
            }
        }
        if code != 0 { throw .unwritable("\(target)/\(name)", code) }
    }

    /// Gives a file of this output a second name.
    func alias(_ name: String, as other: String) throws(TreeFault) {
        if link("\(path)/\(name)", "\(path)/\(other)") == 0 || errno == EEXIST { return }
        throw .unwritable("\(target)/\(other)", errno)
    }

    /// Takes a file of an earlier output without reading it.
    /// - Returns: false where it cannot be linked: another file system, or it is gone.
    func take(_ earlier: String, as name: String) -> Bool {
        link(earlier, "\(path)/\(name)") == 0 || errno == EEXIST
    }

    private func create(_ name: String, _ permissions: UInt32) throws(TreeFault) -> Int32? {
        // Readable by its owner at least; programs in a build stay programs.
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions | 0o600)
        if descriptor >= 0 { return descriptor }
        if errno == EEXIST { return nil }
        throw .unwritable("\(target)/\(name)", errno)
    }

    /// Puts the folder in its place; what was there goes.
    func commit() throws(TreeFault) {
        let old = "\(path).old"
        let hadOld = rename(target, old) == 0
        if !hadOld, errno != ENOENT { throw .unwritable(target, errno) }
        if rename(path, target) != 0 {
            let code = errno
            if hadOld { _ = rename(old, target) }
            throw .unwritable(target, code)
        }
        if hadOld { try Self.remove(old) }
    }

    func discard() { try? Self.remove(path) }

    /// Removes a folder with everything in it; links are removed, not followed.
    static func remove(_ path: String) throws(TreeFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .unwritable(path, errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlink(path) != 0 { throw .unwritable(path, errno) }
            return
        }
        for name in names(in: path) { try remove("\(path)/\(name)") }
        if rmdir(path) != 0 { throw .unwritable(path, errno) }
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
