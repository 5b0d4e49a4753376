import Glibc

/// The files of a build, as they lie in its folder.
///
/// Hidden files are left out as a publish leaves them out, but `.well-known` is not. Links are followed as long as they stay
/// inside: a link that leaves would publish whatever it points to.
struct BuildTree: Sendable {
    struct File: Sendable {
        /// The path in the tree: UTF-8, no leading slash.
        var name: String
        /// Where its bytes are.
        var path: String
        var stamp: FileStamp
        var permissions: UInt32
    }

    /// The folder's real path.
    let root: String
    /// Sorted by the bytes of their names, so that nothing depends on the order of a directory.
    let files: [File]
    private let indices: [String: Int]

    init(root: String, files: [File]) {
        self.root = root
        self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        indices = Dictionary(self.files.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Int? { indices[name] }

    var bytes: Int64 { files.reduce(0) { $0 + $1.stamp.size } }

    /// Walks a folder.
    /// - Throws: `TreeFault` for what cannot be digested.
    init(reading root: String) throws(TreeFault) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw .missing(root) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(root) }
        guard let real = Self.realPath(root) else { throw .unreadable(root, errno) }
        var walk = Walk(root: real)
        try walk.enter(real, name: "")
        if walk.found.isEmpty { throw .empty(root) }
        self.init(root: real, files: walk.found)
    }

    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    private struct Walk {
        let root: String
        var found: [File] = []
        /// The folders above the one being read: a link to one of them would never end.
        var above: Set<String> = []

        init(root: String) {
            self.root = root
        }

        mutating func enter(_ folder: String, name: String) throws(TreeFault) {
            guard above.insert(folder).inserted else { throw .loop(folder) }
            defer { above.remove(folder) }
            guard let stream = opendir(folder) else { throw .unreadable(folder, errno) }
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

        private mutating func visit(_ path: String, name: String) throws(TreeFault) {
            var status = stat()
            guard lstat(path, &status) == 0 else { throw .unreadable(path, errno) }
            var target = path
            if status.st_mode & S_IFMT == S_IFLNK {
                guard let real = BuildTree.realPath(path), stat(real, &status) == 0 else { throw .brokenLink(path) }
                guard real == root || real.hasPrefix(root + "/") else { throw .leavesFolder(path, real) }
                target = real
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                found.append(File(name: name, path: target, stamp: FileStamp(status), permissions: status.st_mode & 0o777))
            case S_IFDIR: try enter(target, name: name)
            default: throw .notAFile(path)
            }
        }
    }
}

package enum TreeFault: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case notAFolder(String)
    case empty(String)
    case unreadable(String, Int32)
    case unwritable(String, Int32)
    case notUTF8(String)
    case brokenLink(String)
    case leavesFolder(String, String)
    case loop(String)
    case notAFile(String)
    case changed(String)

    package var description: String {
        switch self {
        case .missing(let path): "there is no folder \(path)\nBuild first, or name the folder your build writes to."
        case .notAFolder(let path): "\(path) is a file, and a digest takes a folder"
        case .empty(let path): "\(path) holds no files\nHidden files are left out, but .well-known is not."
        case .unreadable(let path, let code): "cannot read \(path): \(String(cString: strerror(code)))"
        case .unwritable(let path, let code): "cannot write \(path): \(String(cString: strerror(code)))"
        case .notUTF8(let folder): "a name in \(folder) is not UTF-8: no URL could name it\nRename it."
        case .brokenLink(let path): "\(path) is a link to nothing"
        case .leavesFolder(let path, let target):
            "\(path) links to \(target), outside the folder\nCopy the file into the build, or leave it out."
        case .loop(let path): "\(path) is linked to from inside itself"
        case .notAFile(let path): "\(path) is neither a file nor a folder"
        case .changed(let path): "\(path) changed while it was read\nDigest when the build is done; nothing was changed."
        }
    }
}
