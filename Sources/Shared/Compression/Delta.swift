import CZstd

/// Dictionary-Compressed Zstandard, the content coding `dcz` (RFC 9842 §5): a zstd frame that refers to the bytes of another
/// content, behind a header that says which.
///
/// ```
///   0  8  5e 2a 4d 18 20 00 00 00: a skippable frame of 32 bytes, so that any zstd decoder reads over it
///   8 32  SHA-256 of the dictionary
///  40     one zstd frame
/// ```
/// A decoder takes windows up to 8 MB or 1.25 times the dictionary, whichever is more: the frame's is its content, so larger
/// contents are refused here.
package enum Delta {
    package static let headerSize = 40
    private static let magic: [UInt8] = [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0x00, 0x00, 0x00]

    /// Bytes of a content, or of a dictionary, beyond which making a delta costs more memory than it is worth (0.6 GB at 32 MB).
    package static let sizeLimit: UInt64 = 32 << 20

    /// Whether every decoder takes a delta of these sizes, in bytes.
    package static func isPossible(content: UInt64, dictionary: UInt64) -> Bool {
        guard content > 0, dictionary > 0, content <= sizeLimit, dictionary <= sizeLimit else { return false }
        return content <= max(8 << 20, dictionary + dictionary / 4)
    }

    /// - Parameter digest: the SHA-256 of the dictionary, 32 bytes.
    /// - Precondition: `isPossible` for these sizes.
    /// Cost: 2 to 6 MB/s (level 19; 12 beyond 16 MB).
    package static func compress(
        _ content: UnsafeRawBufferPointer, dictionary: UnsafeRawBufferPointer, digest: UnsafeRawBufferPointer
    ) throws(CodecError) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { throw .failed("dcz", 0) }
        defer { ZSTD_freeCCtx(context) }
        let level: Int32 = content.count > 16 << 20 ? 12 : 19
        // Old and new side by side must fit the window, or the frame cannot reach back to the dictionary's beginning.
        let window = Int32(max(10, min(27, Int.bitWidth - (content.count + dictionary.count).leadingZeroBitCount)))
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window)
        ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1)
        ZSTD_CCtx_refPrefix(context, dictionary.baseAddress, dictionary.count)
        let bound = ZSTD_compressBound(content.count)
        var written = 0
        let out = [UInt8](unsafeUninitializedCapacity: headerSize + bound) { buffer, count in
            _ = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<8]).initializeMemory(
                as: UInt8.self, from: magic)
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[8..<headerSize]).copyMemory(from: digest)
            written = ZSTD_compress2(context, buffer.baseAddress.map { $0 + headerSize }, bound, content.baseAddress, content.count)
            count = ZSTD_isError(written) == 0 ? headerSize + written : 0
        }
        guard ZSTD_isError(written) == 0 else { throw .failed("dcz", written) }
        return out
    }

    /// - Parameters:
    ///   - digest: what the header must say.
    ///   - size: bytes of the content; more or fewer are an error.
    package static func decompress(
        _ bytes: UnsafeRawBufferPointer, dictionary: UnsafeRawBufferPointer, digest: UnsafeRawBufferPointer, size: Int
    ) throws(CodecError) -> [UInt8] {
        guard bytes.count > headerSize, bytes.prefix(8).elementsEqual(magic), bytes[8..<headerSize].elementsEqual(digest),
            let context = ZSTD_createDCtx()
        else { throw .damaged("dcz") }
        defer { ZSTD_freeDCtx(context) }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
        ZSTD_DCtx_refPrefix(context, dictionary.baseAddress, dictionary.count)
        var written = 0
        let out = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            written = ZSTD_decompressDCtx(
                context, buffer.baseAddress, size + 1, bytes.baseAddress.map { $0 + headerSize }, bytes.count - headerSize)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        guard ZSTD_isError(written) == 0, out.count == size else { throw .damaged("dcz") }
        return out
    }
}
