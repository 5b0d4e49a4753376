import CTandem
import Glibc
import Model

/// The data folder and what stands where in it (`contract.md`, Files under `data`).
package final class DataDirectory: Sendable {
    package let root: String
    package let blobs: BlobStore
    /// Open for as long as the object is: the lock goes with it. Handed to another process it is that one's too.
    package let lockDescriptor: Int32

    /// The layout of the folder. A folder with a newer one is refused.
    private static let layoutVersion = 1

    /// Opens the folder, making it where it does not exist.
    package static func open(_ root: String) throws(DataDirectoryError) -> DataDirectory {
        do throws(BlobError) {
            try makeFolders(root)
        } catch {
            throw .unusable(root, error.description)
        }
        try checkLayout(root)
        let descriptor = Glibc.open("\(root)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(root, String(cString: strerror(errno))) }
        return DataDirectory(root: root, lockDescriptor: descriptor)
    }

    /// The folder as another process has it, which gave us its lock.
    /// - Parameter descriptor: closed with the object.
    package static func open(_ root: String, lockedBy descriptor: Int32) throws(DataDirectoryError) -> DataDirectory {
        do throws(BlobError) {
            try makeFolders(root)
        } catch {
            throw .unusable(root, error.description)
        }
        try checkLayout(root)
        return DataDirectory(root: root, lockDescriptor: descriptor)
    }

    private init(root: String, lockDescriptor: Int32) {
        self.root = root
        self.lockDescriptor = lockDescriptor
        blobs = BlobStore(root: root)
    }

    deinit {
        close(lockDescriptor)
    }

    private static func makeFolders(_ root: String) throws(BlobError) {
        var path = root.hasPrefix("/") ? "" : "."
        for part in root.split(separator: "/") {
            path += "/\(part)"
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { continue }
            try DurableFile.makeFolder(path)
        }
        for folder in ["blobs", "blobs/sha256", "releases", "tmp", "partial", "cache"] { try DurableFile.makeFolder("\(root)/\(folder)") }
    }

    private static func checkLayout(_ root: String) throws(DataDirectoryError) {
        let path = "\(root)/layout"
        var status = stat()
        do throws(BlobError) {
            if stat(path, &status) != 0 {
                return try DurableFile.replace(path, with: Array("\(layoutVersion)\n".utf8), temporary: "\(root)/tmp/layout.\(getpid())")
            }
        } catch {
            throw .unusable(root, error.description)
        }
        let text = (try? FileReader.readAll(path)).map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } }
        guard let version = text.flatMap({ Int($0) }) else { throw .unusable(root, "\(path) is damaged") }
        if version > layoutVersion { throw .newer(root, version) }
    }

    // MARK: Places

    package var statePath: String { "\(root)/state.sqlite" }
    package func manifestPath(_ id: ReleaseID) -> String { "\(root)/releases/\(id.hex)" }
    package func encodingsPath(_ id: ReleaseID) -> String { "\(root)/releases/\(id.hex).encodings" }
    package func dictionariesPath(_ id: ReleaseID) -> String { "\(root)/releases/\(id.hex).dictionaries" }
    package func preloadsPath(_ id: ReleaseID) -> String { "\(root)/releases/\(id.hex).preloads" }
    package func unionPath(_ site: SiteName) -> String { "\(root)/releases/\(site).union" }
    package var blobsPath: String { blobs.folder }
    /// A folder under `tmp/` for one publish; removed at start unless the publish is open.
    package func stagingPath(_ publish: String) -> String { "\(root)/tmp/\(publish)" }

    /// Puts `bytes` at `path` in one durable step.
    package func replace(_ path: String, with bytes: [UInt8]) throws(BlobError) {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        try DurableFile.replace(path, with: bytes, temporary: "\(root)/tmp/\(name).\(getpid()).\(UInt32.random(in: .min ... .max))")
    }

    // MARK: The one who may write

    /// Takes the folder for this process until it ends.
    /// - Throws: `locked`, naming the process that has it.
    package func lock() throws(DataDirectoryError) {
        if tandem_lock_exclusive(lockDescriptor) != 0 {
            var text = [UInt8](repeating: 0, count: 32)
            let count = pread(lockDescriptor, &text, text.count, 0)
            let holder = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).filter { !$0.isWhitespace && $0 != "\0" }
            throw .locked(root, holder)
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(lockDescriptor, 0)
        pwrite(lockDescriptor, text, text.count, 0)
    }

    /// Who this node is: configured, or made once and kept.
    package func nodeID(configured: String?) throws(DataDirectoryError) -> String {
        if let configured { return configured }
        if let kept = try? FileReader.readAll("\(root)/node") {
            let text = String(decoding: kept, as: UTF8.self).filter { !$0.isWhitespace }
            if !text.isEmpty { return text }
        }
        let made = Hexadecimal.string((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        do throws(BlobError) {
            try replace("\(root)/node", with: Array("\(made)\n".utf8))
        } catch {
            throw .unusable(root, error.description)
        }
        return made
    }

    /// Removes what interrupted work left in `tmp/`. What was written to within the hour may belong to a command that still
    /// makes encodings beside a server that starts again.
    /// - Parameter open: publishes whose folders stay.
    package func cleanTemporary(sparing open: Set<String>) {
        for name in FileReader.names(in: "\(root)/tmp") where !open.contains(name) {
            let path = "\(root)/tmp/\(name)"
            var status = stat()
            if stat(path, &status) == 0, name.hasPrefix("encode-"), time(nil) - status.st_mtim.tv_sec < 3600 { continue }
            for inner in FileReader.names(in: path) { unlink("\(path)/\(inner)") }
            if rmdir(path) != 0 { unlink(path) }
        }
    }
}

package enum DataDirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(String, String)
    case locked(String, String)
    case newer(String, Int)

    package var description: String {
        switch self {
        case .unusable(let root, let reason): "cannot use the data folder \(root): \(reason)"
        case .locked(let root, let holder):
            "the data folder \(root) is in use by process \(holder.isEmpty ? "(unknown)" : holder)\n"
                + "A folder has one server or one command at a time: wait for it, stop it, or set another `data`."
        case .newer(let root, let version):
            "the data folder \(root) has layout \(version): written by a newer tandem\nUse that version, or another folder."
        }
    }
}
