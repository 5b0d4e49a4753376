import Compression
import Files
import Model

/// Writes a content's encodings beside it, where they save enough. Small contents are compressed in memory, large ones in pieces: two
/// films at a time do not belong there.
struct EncodingWriting: Sendable {
    let folder: OutputFolder
    let earlier: EarlierOutput?
    /// From this size on in pieces.
    var streamingSize = Codec.streamingSize

    /// - Returns: bytes by coding; empty where nothing is worth keeping.
    func write(_ final: FinalFile) throws -> [String: Int] {
        let size = final.digests.size
        guard Precompression.isWorthTrying(name: final.name, size: size, head: []) else { return [:] }
        let path = "\(folder.path)/\(final.name)"
        guard let stamp = FileStamp(at: path) else { throw FolderFault.changed(path) }
        let file = Folder.File(name: final.name, path: path, stamp: stamp, permissions: 0o644)
        let head = try FileBytes.head(of: file, count: 16)
        guard Precompression.isWorthTrying(name: final.name, size: size, head: head) else { return [:] }
        if let sizes = try takeOver(final) { return sizes }
        let bytes = stamp.size < streamingSize ? try FileBytes.read(file) : nil
        var sizes: [String: Int] = [:]
        for coding in Coding.allCases {
            let name = final.name + Precompression.suffix(coding)
            sizes[coding.token] = try bytes.map { try write($0, coding, to: name) } ?? stream(file, coding, to: name)
        }
        return sizes
    }

    /// - Returns: its bytes; nil where it saves too little, or where a file of the site has the name.
    private func write(_ bytes: [UInt8], _ coding: Coding, to name: String) throws -> Int? {
        let encoded = try bytes.withUnsafeBytes { try Precompression.codec(coding).compress($0) }
        guard Worthwhile.isWorthKeeping(encoded: encoded.count, original: UInt64(bytes.count)) else { return nil }
        return try folder.write(encoded, to: name, permissions: 0o644) ? encoded.count : nil
    }

    private func stream(_ file: Folder.File, _ coding: Coding, to name: String) throws -> Int? {
        var count = 0
        let isWritten = try folder.write(to: name) { append in
            try FileBytes.withReading(of: file) { read in
                try Precompression.codec(coding).compress(size: file.stamp.size, read: read) { piece in
                    count += piece.count
                    try append(piece)
                }
            }
        }
        guard isWritten else { return nil }
        if Worthwhile.isWorthKeeping(encoded: count, original: file.stamp.size) { return count }
        folder.drop(name)
        return nil
    }

    /// The encodings that an earlier output has of the same content. Each is decoded: what lies in an output is anybody's.
    private func takeOver(_ final: FinalFile) throws -> [String: Int]? {
        guard let (path, sizes) = earlier?.encodings(of: final.digests.sha256) else { return nil }
        var taken: [(source: String, name: String)] = []
        for (token, size) in sizes {
            guard let coding = Coding.allCases.first(where: { $0.token == token }) else { return nil }
            let source = path + Precompression.suffix(coding)
            guard let stamp = FileStamp(at: source), stamp.size == UInt64(size),
                BundledEncodings.isEncoding(
                    Folder.File(name: source, path: source, stamp: stamp, permissions: 0o644), coding, of: final.digests)
            else { return nil }
            taken.append((source, final.name + Precompression.suffix(coding)))
        }
        for (source, name) in taken {
            guard let stamp = FileStamp(at: source) else { throw FolderFault.changed(source) }
            try folder.copy(Folder.File(name: name, path: source, stamp: stamp, permissions: 0o644), to: name)
        }
        return sizes
    }
}
