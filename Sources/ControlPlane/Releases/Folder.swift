import Blobs
import Glibc
import Names

/// The files of a build, as they are found on disk: what a publish reads.
package struct Folder: Sendable {
    /// One file: its name in the release, where it is, and what `stat` said when it was found.
    package struct File: Hashable, Sendable {
        package var name: String
        package var path: String
        package var stamp: Stamp
    }

    /// What changes when a file is written to.
    package struct Stamp: Hashable, Sendable {
        package var size: UInt64
        private var inode: UInt64
        private var modified: Int64
        private var changed: Int64

        init(_ status: stat) {
            size = UInt64(status.st_size)
            inode = UInt64(status.st_ino)
            modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        }
    }

    package let files: [File]
    package var bytes: UInt64 { files.reduce(0) { $0 + $1.stamp.size } }

    /// Walks a folder. Hidden files are left out, but `.well-known` is not; links are followed as long as they stay inside.
    /// - Throws: `FolderFault` for what cannot be published.
    package init(_ root: String) throws(FolderFault) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw .missing(root) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(root) }
        guard let real = Self.realPath(root) else { throw .unreadable(root, String(cString: strerror(errno))) }
        var found: [File] = []
        var seen: Set<String> = [real]
        try Self.walk(real, name: "", inside: real, seen: &seen, into: &found)
        if found.isEmpty { throw .empty(root) }
        files = found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    private static func walk(
        _ folder: String, name: String, inside root: String, seen: inout Set<String>, into found: inout [File]
    ) throws(FolderFault) {
        guard let stream = opendir(folder) else { throw .unreadable(folder, String(cString: strerror(errno))) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let part: String? = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let part else { throw .notUTF8(folder) }
            if part == "." || part == ".." || (part.hasPrefix(".") && part != ".well-known") { continue }
            try visit("\(folder)/\(part)", name: name.isEmpty ? part : "\(name)/\(part)", inside: root, seen: &seen, into: &found)
        }
    }

    private static func visit(
        _ path: String, name: String, inside root: String, seen: inout Set<String>, into found: inout [File]
    ) throws(FolderFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
        var target = path
        if status.st_mode & S_IFMT == S_IFLNK {
            guard let real = realPath(path), stat(real, &status) == 0 else { throw .brokenLink(path) }
            guard real == root || real.hasPrefix(root + "/") else { throw .leavesFolder(path, real) }
            target = real
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard access(target, R_OK) == 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
            found.append(File(name: name, path: target, stamp: Stamp(status)))
        case S_IFDIR:
            // A link to a folder above would never end.
            guard seen.insert(target).inserted else { throw .loop(path) }
            try walk(target, name: name, inside: root, seen: &seen, into: &found)
            seen.remove(target)
        default: throw .notAFile(path)
        }
    }
}

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

    package var description: String {
        switch self {
        case .missing(let path): "there is no folder \(path)\nBuild first, or name the folder your build writes to."
        case .notAFolder(let path): "\(path) is a file, and a release is made of a folder"
        case .empty(let path): "\(path) holds no files to publish\nHidden files are left out, but .well-known is not."
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .notUTF8(let folder): "a name in \(folder) is not UTF-8: no URL could name it\nRename it."
        case .brokenLink(let path): "\(path) is a link to nothing"
        case .leavesFolder(let path, let target):
            "\(path) links to \(target), outside the folder\nCopy the file into the build, or leave it out."
        case .loop(let path): "\(path) links to a folder that holds it"
        case .notAFile(let path): "\(path) is neither a file nor a folder"
        case .changed(let path): "\(path) changed while it was read\nPublish when the build is done; nothing was changed."
        }
    }
}
