import Files
import Model

/// An earlier output, and what is known of how it came about.
struct EarlierOutput: Sendable {
    let folder: String
    private let records: [String: FileRecord]
    /// Whether the set of names is the one of then: otherwise a reference may lead elsewhere now.
    private let hasSameNames: Bool
    /// Whether the output is the one that the memory is of.
    private let isOfMemory: Bool
    /// Where a content lies that has encodings beside it.
    private let encoded: [ContentDigest: BuildManifest.Entry]

    /// - Parameter found: the manifest that lies in `folder`.
    init(folder: String, found: FoundManifest, tree: BuildTree, options: DigestOptions) {
        self.folder = folder
        let memory = FileBytes.read(at: DigestMemory.path(of: folder)).flatMap(DigestMemory.init)
            .flatMap { $0.signature == options.signature ? $0 : nil }
        records = Dictionary(memory?.records.map { ($0.name, $0) } ?? [], uniquingKeysWith: { first, _ in first })
        hasSameNames = memory?.namesDigest == DigestMemory.namesDigest(tree)
        isOfMemory = memory?.manifestDigest == found.digest
        encoded = Dictionary(
            found.manifest.entries.values.filter { !$0.encodings.isEmpty }.map { ($0.digest, $0) },
            uniquingKeysWith: { $0.path < $1.path ? $0 : $1 })
    }

    /// What is known of a file that has not been written to since.
    func recall(_ file: Folder.File, tree: BuildTree) -> FileAnalysis? {
        guard let record = records[file.name], record.stamp == file.stamp, hasSameNames || record.language == nil else { return nil }
        return record.analysis { tree[$0] }
    }

    /// What became of a file then.
    func final(_ name: String) -> (file: FinalFile, isRenamed: Bool)? {
        guard isOfMemory else { return nil }
        return records[name].map { ($0.final, $0.isRenamed) }
    }

    /// Links a result of then into the new output, with its encodings, if nobody has touched it.
    func take(_ final: FinalFile, of name: String, into output: OutputFolder) -> Bool {
        guard isOfMemory, let record = records[name], record.final == final else { return false }
        let path = "\(folder)/\(final.name)"
        guard let stamp = FileStamp(at: path), stamp.isSameContent(as: record.outputStamp), output.take(path, as: final.name) else {
            return false
        }
        return final.encodings.allSatisfy { token, size in
            let suffix = Precompression.suffix(token: token)
            return FileStamp(at: path + suffix)?.size == UInt64(size) && output.take(path + suffix, as: final.name + suffix)
        }
    }

    /// Where the encodings of a content lie, and how many bytes each has.
    func encodings(of digest: ContentDigest) -> (path: String, sizes: [String: Int])? {
        encoded[digest].map { ("\(folder)/\($0.path)", $0.encodings) }
    }
}
