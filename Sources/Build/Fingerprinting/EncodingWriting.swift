import Compression
import Glibc
import Model

/// Writes a content's encodings beside it, where they save enough.
struct EncodingWriting: Sendable {
    let folder: OutputFolder

    /// - Returns: bytes by coding; empty where nothing is worth keeping.
    func write(_ final: FinalFile) throws -> [String: Int] {
        guard Precompression.isWorthTrying(name: final.name, size: final.digests.size, head: []) else { return [:] }
        var status = stat()
        let path = "\(folder.path)/\(final.name)"
        guard stat(path, &status) == 0 else { throw TreeFault.unreadable(path, errno) }
        let file = BuildTree.File(name: final.name, path: path, stamp: FileStamp(status), permissions: status.st_mode & 0o777)
        let bytes = try FileBytes.read(file)
        guard Precompression.isWorthTrying(name: final.name, size: bytes.count, head: Array(bytes.prefix(16))) else { return [:] }
        var sizes: [String: Int] = [:]
        for coding in Coding.allCases {
            let encoded = try bytes.withUnsafeBytes { try Precompression.codec(coding).compress($0) }
            guard Worthwhile.isWorthKeeping(encoded: encoded.count, original: UInt64(bytes.count)) else { continue }
            try folder.write(encoded, to: final.name + Precompression.suffix(coding), permissions: 0o644)
            sizes[coding.token] = encoded.count
        }
        return sizes
    }
}
