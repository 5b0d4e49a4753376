import Compression
import Glibc
import Model

/// Writes a content's encodings beside it, where they save enough.
struct EncodingWriting: Sendable {
    let folder: OutputFolder
    let earlier: EarlierOutput?

    /// - Returns: bytes by coding; empty where nothing is worth keeping.
    func write(_ final: FinalFile) throws -> [String: Int] {
        guard Precompression.isWorthTrying(name: final.name, size: final.digests.size, head: []) else { return [:] }
        var status = stat()
        let path = "\(folder.path)/\(final.name)"
        guard stat(path, &status) == 0 else { throw TreeFault.unreadable(path, errno) }
        let file = BuildTree.File(name: final.name, path: path, stamp: FileStamp(status), permissions: status.st_mode & 0o777)
        let bytes = try FileBytes.read(file)
        guard Precompression.isWorthTrying(name: final.name, size: bytes.count, head: Array(bytes.prefix(16))) else { return [:] }
        if let sizes = try takeOver(final) { return sizes }
        var sizes: [String: Int] = [:]
        for coding in Coding.allCases {
            let encoded = try bytes.withUnsafeBytes { try Precompression.codec(coding).compress($0) }
            guard Worthwhile.isWorthKeeping(encoded: encoded.count, original: UInt64(bytes.count)) else { continue }
            try folder.write(encoded, to: final.name + Precompression.suffix(coding), permissions: 0o644)
            sizes[coding.token] = encoded.count
        }
        return sizes
    }

    /// The encodings that an earlier output has of the same content. Each is decoded: what lies in an output is anybody's.
    private func takeOver(_ final: FinalFile) throws -> [String: Int]? {
        guard let (path, sizes) = earlier?.encodings(of: final.digests.sha256) else { return nil }
        for (token, size) in sizes {
            guard let coding = Coding.allCases.first(where: { $0.token == token }) else { return nil }
            let source = path + Precompression.suffix(coding)
            guard let stamp = FileStamp(at: source), stamp.size == Int64(size) else { return nil }
            let bytes = try FileBytes.read(BuildTree.File(name: source, path: source, stamp: stamp, permissions: 0o644))
            let decoded = try? bytes.withUnsafeBytes { try Precompression.codec(coding).decompress($0, size: final.digests.size) }
            guard let decoded, decoded.withUnsafeBytes({ ContentDigest(of: $0) }) == final.digests.sha256 else { return nil }
            try folder.write(bytes, to: final.name + Precompression.suffix(coding), permissions: 0o644)
        }
        return sizes
    }
}
