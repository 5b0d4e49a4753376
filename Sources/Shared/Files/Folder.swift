import Glibc

/// The files of a build, as they are found on disk: what a publish or a digest reads.
///
/// Hidden files are left out, but `.well-known` is not. Links are followed as long as they stay inside: one that leaves would
/// publish whatever it points to.
package struct Folder: Sendable {
    /// One file: its name in the release, where it is, and what `stat` said when it was found.
    package struct File: Hashable, Sendable {
        /// The path below the folder: UTF-8, no leading slash.
        package var name: String
        /// Where its bytes are; another place than `name` says for what a link leads to.
        package var path: String
        package var stamp: FileStamp
        /// The lowest nine bits of its mode.
        package var permissions: UInt32

        package init(name: String, path: String, stamp: FileStamp, permissions: UInt32) {
            self.name = name
            self.path = path
            self.stamp = stamp
            self.permissions = permissions
        }
    }

    /// The folder's real path.
    package let root: String
    /// Sorted by the bytes of their names, so that nothing depends on the order of a directory.
    package let files: [File]
    package var bytes: UInt64 { files.reduce(0) { $0 + $1.stamp.size } }

    /// Walks a folder.
    /// - Throws: `FolderFault` for what cannot be published.
    package init(_ root: String) throws(FolderFault) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw .missing(root) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(root) }
        guard let real = Self.realPath(root) else { throw .unreadable(root, errno: errno) }
        var walk = FolderWalk(root: real)
        try walk.enter(real, name: "")
        if walk.found.isEmpty { throw .empty(root) }
        self.root = real
        files = walk.found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// - Returns: nil where nothing lies at the path.
    package static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }
}

/// One walk through a folder and those in it.
private struct FolderWalk {
    let root: String
    var found: [Folder.File] = []
    /// The folders above the one being read: a link to one of them would never end.
    private var above: Set<String> = []

    init(root: String) {
        self.root = root
    }

    mutating func enter(_ folder: String, name: String) throws(FolderFault) {
        above.insert(folder)
        defer { above.remove(folder) }
        guard let stream = opendir(folder) else { throw .unreadable(folder, errno: errno) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let part: String? = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let part else { throw .notUTF8(folder) }
            if part == "." || part == ".." || (part.utf8.first == UInt8(ascii: ".") && part != ".well-known") { continue }
            try visit("\(folder)/\(part)", name: name.isEmpty ? part : "\(name)/\(part)")
        }
    }

    private mutating func visit(_ path: String, name: String) throws(FolderFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .unreadable(path, errno: errno) }
        var target = path
        if status.st_mode & S_IFMT == S_IFLNK {
            guard let real = Folder.realPath(path), stat(real, &status) == 0 else { throw .brokenLink(path) }
            guard real == root || real.hasPrefix(root + "/") else { throw .leavesFolder(path, real) }
            target = real
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard access(target, R_OK) == 0 else { throw .unreadable(path, errno: errno) }
            found.append(Folder.File(name: name, path: target, stamp: FileStamp(status), permissions: status.st_mode & 0o777))
        case S_IFDIR:
            guard !above.contains(target) else { throw .loop(path) }
            try enter(target, name: name)
        default: throw .notAFile(path)
        }
    }
}

/// Why a folder cannot be read as a build.
package enum FolderFault: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case notAFolder(String)
    case empty(String)
    case unreadable(String, String)
    case notUTF8(String)
    case brokenLink(String)
    case leavesFolder(String, String)
    case loop(String)
    case notAFile(String)
    case changed(String)

    package static func unreadable(_ path: String, errno code: Int32) -> FolderFault { .unreadable(path, String(cString: strerror(code))) }

    package var description: String {
        switch self {
        case .missing(let path): "there is no folder \(path)\nBuild first, or name the folder your build writes to."
        case .notAFolder(let path): "\(path) is a file, not a folder"
        case .empty(let path): "\(path) holds no files\nHidden files are left out, but .well-known is not."
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .notUTF8(let folder): "a name in \(folder) is not UTF-8: no URL could name it\nRename it."
        case .brokenLink(let path): "\(path) is a link to nothing"
        case .leavesFolder(let path, let target):
            "\(path) links to \(target), outside the folder\nCopy the file into the build, or leave it out."
        case .loop(let path): "\(path) links to a folder that holds it"
        case .notAFile(let path): "\(path) is neither a file nor a folder"
        case .changed(let path): "\(path) changed while it was read\nBegin again when the build is done; nothing was changed."
        }
    }
}
