import Glibc

/// Where the output goes, looked at before anything is written.
struct OutputPlace: Hashable, Sendable {
    /// Its real path.
    let path: String
    /// An output of an earlier digest lies there.
    let earlier: BuildManifest?

    /// - Throws: `DigestFault`, `TreeFault`.
    init(_ output: String, beside input: String) throws {
        var text = output
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let slash = text.lastIndex(of: "/")
        let parent = slash.map { $0 == text.startIndex ? "/" : String(text[..<$0]) } ?? "."
        let last = slash.map { String(text[text.index(after: $0)...]) } ?? text
        guard !last.isEmpty, last != ".", last != "..", let real = BuildTree.realPath(parent) else { throw DigestFault.noParent(output) }
        path = BuildTree.realPath(text) ?? (real == "/" ? "" : real) + "/" + last
        if path == input || path.hasPrefix(input + "/") || input.hasPrefix(path + "/") { throw DigestFault.nested(input, output) }
        earlier = try Self.earlier(path, output)
    }

    /// A folder that was never ours is nobody's to remove.
    private static func earlier(_ path: String, _ output: String) throws -> BuildManifest? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw DigestFault.foreignOutput(output) }
        if OutputFolder.names(in: path).isEmpty { return nil }
        guard let found = manifest(in: path) else { throw DigestFault.foreignOutput(output) }
        return found.manifest
    }

    /// The manifest of a digest's output, with its bytes.
    static func manifest(in folder: String) -> (manifest: BuildManifest, bytes: [UInt8])? {
        for name in BuildManifest.fileNames {
            if let found = manifest(at: "\(folder)/\(name)") { return found }
        }
        return nil
    }

    static func manifest(at path: String) -> (manifest: BuildManifest, bytes: [UInt8])? {
        guard let stamp = FileStamp(at: path),
            let bytes = try? FileBytes.read(BuildTree.File(name: path, path: path, stamp: stamp, permissions: 0o644))
        else { return nil }
        return BuildManifest(json: bytes).map { ($0, bytes) }
    }
}
