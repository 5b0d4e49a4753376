import Files
import Names

/// Reads every file of a tree once: its digests, and what it refers to.
struct TreeReading: Sendable {
    let resolver: Resolver
    let reader: ReferenceReader
    let options: DigestOptions

    /// Beyond this a text is hashed like a picture: nobody writes references into 256 MB.
    private static let largestText: UInt64 = 256 << 20

    /// - Throws: `FolderFault`.
    func read(_ index: Int) throws -> FileAnalysis {
        let file = resolver.tree.files[index]
        let need = FileDigests.Need(name: file.name, options: options)
        let mayProve = Self.mayProve(file.name)
        guard reader.mayRefer(file.name), file.stamp.size <= Self.largestText else { return try measure(file, need, mayProve: mayProve) }
        let bytes = try FileBytes.read(file)
        var analysis = FileAnalysis(digests: .of(bytes, need))
        if mayProve { analysis.proofs = bytes.withUnsafeBytes { ContentDigests(of: $0) } }
        if let found = reader.read(file.name, bytes) {
            analysis.take(found.reading, language: found.language, file: index, bytes: bytes, resolver: resolver, rename: options.rename)
        }
        return analysis
    }

    /// Digests alone, without holding the file.
    private func measure(_ file: Folder.File, _ need: FileDigests.Need, mayProve: Bool) throws -> FileAnalysis {
        var hasher = FileDigests.Hasher(need)
        var proofs = mayProve ? ContentHasher() : nil
        try FileBytes.forEachPiece(of: file) { piece in
            hasher.update(piece)
            proofs?.update(piece)
        }
        var analysis = FileAnalysis(digests: hasher.finalize())
        analysis.proofs = proofs?.finalize()
        return analysis
    }

    /// Whether a run of hexadecimal digits in the name could be a digest: most names need no second and third hash.
    static func mayProve(_ name: String) -> Bool {
        var run = 0
        for byte in TreePath.last(of: name).utf8 {
            switch byte {
            case 0x30...0x39, 0x61...0x66, 0x41...0x46:
                run += 1
                if run >= Proof.minimumDigits { return true }
            default: run = 0
            }
        }
        return false
    }
}
