import Compression

extension Codec {
    /// Decompresses from memory as if from a file.
    /// - Parameter content: has what came before a fault, too.
    package func unstream(_ encoded: [UInt8], size: UInt64, into content: inout [UInt8]) throws {
        var at = 0
        try decompress(
            size: size,
            read: { buffer in
                let count = min(buffer.count, encoded.count - at)
                encoded[at..<at + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
                at += count
                return count
            }, write: { content += $0 })
    }
}
