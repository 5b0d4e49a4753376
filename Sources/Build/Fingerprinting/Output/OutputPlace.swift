import Files
import Glibc

/// Where the output goes, looked at before anything is written.
struct OutputPlace: Hashable, Sendable {
    /// Its real path.
    let path: String
    /// An output of an earlier digest lies there.
    let earlier: FoundManifest?

    /// - Throws: `DigestFault`.
    init(_ output: String, beside input: String) throws {
        var text = output
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let slash = text.lastIndex(of: "/")
        let parent = slash.map { $0 == text.startIndex ? "/" : String(text[..<$0]) } ?? "."
        let last = slash.map { String(text[text.index(after: $0)...]) } ?? text
        guard !last.isEmpty, last != ".", last != "..", let real = Folder.realPath(parent) else { throw DigestFault.noParent(output) }
        path = Folder.realPath(text) ?? (real == "/" ? "" : real) + "/" + last
        if path == input || path.hasPrefix(input + "/") || input.hasPrefix(path + "/") { throw DigestFault.nested(input, output) }
        earlier = try Self.earlier(path, output)
    }

    /// A folder that was never ours is nobody's to remove.
    private static func earlier(_ path: String, _ output: String) throws -> FoundManifest? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw DigestFault.foreignOutput(output) }
        if OutputFolder.names(in: path).isEmpty { return nil }
        guard let found = FoundManifest(in: path) else { throw DigestFault.foreignOutput(output) }
        return found
    }
}
