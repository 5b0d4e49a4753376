import Blobs
import Compression
import Glibc
import Model

extension Encoder {
    /// Encodes a large content from its blob into the staging folder without holding it: what is not worth keeping stays
    /// there only as long as it is written.
    func encodeInPieces(_ task: Task, into staged: StagedBlobs) throws -> [EncodingRecord] {
        let source = directory.blobs.path(task.source)
        var head = [UInt8](repeating: 0, count: 16)
        let count = try head.withUnsafeMutableBytes { try PieceReader(path: source).fill($0) }
        let isWorthTrying = head.withUnsafeBytes {
            Worthwhile.isWorthTrying(name: "", size: task.size, head: UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
        return try task.codings.map { coding in
            guard isWorthTrying, let encoded = try encode(source, task.size, coding, into: staged) else {
                return EncodingRecord(source: task.source, coding: coding, blob: task.source, size: task.size)
            }
            return EncodingRecord(source: task.source, coding: coding, blob: encoded.digest, size: encoded.size)
        }
    }

    /// Nil where it does not save enough.
    private func encode(
        _ source: String, _ size: UInt64, _ coding: Coding, into staged: StagedBlobs
    ) throws -> (digest: ContentDigest, size: UInt64)? {
        let reader = try PieceReader(path: source)
        let blob = try staged.writer()
        try coding.codec.compress(size: size, read: { try reader.fill($0) }, write: { try blob.write($0) })
        let encodedSize = blob.size
        guard Worthwhile.isWorthKeeping(encoded: Int(clamping: encodedSize), original: size) else { return nil }
        return (try blob.finish(), encodedSize)
    }
}
