import CBrotli
import CZlib
import CZstd

/// One-shot compression of a content in memory, with the settings of a publish: as small as each format gets.
package enum Codec: Sendable {
    case gzip, brotli, zstd

    /// Bytes beyond which brotli 11 takes minutes (0.7 MB/s) and zstd 19 a quarter of one: such contents get faster levels,
    /// which lose 5–10 % of the saving.
    private static let slowLimit: UInt64 = 64 << 20

    static func brotliQuality(size: UInt64) -> Int32 { size > slowLimit ? 9 : 11 }
    static func zstdLevel(size: UInt64) -> Int32 { size > slowLimit ? 9 : 19 }

    /// Cost: gzip 9 about 20 MB/s, brotli 11 about 0.7 MB/s, zstd 19 about 4 MB/s.
    package func compress(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> [UInt8] {
        switch self {
        case .gzip: try Self.gzip(bytes)
        case .brotli: try Self.brotli(bytes, quality: Self.brotliQuality(size: UInt64(bytes.count)))
        case .zstd: try Self.zstd(bytes, level: Self.zstdLevel(size: UInt64(bytes.count)))
        }
    }

    /// - Parameter size: bytes of the content; more is an error.
    package func decompress(_ bytes: UnsafeRawBufferPointer, size: Int) throws(CodecError) -> [UInt8] {
        switch self {
        case .gzip: try Self.gunzip(bytes, size: size)
        case .brotli: try Self.unbrotli(bytes, size: size)
        case .zstd: try Self.unzstd(bytes, size: size)
        }
    }

    // MARK: gzip (RFC 1952)

    /// The header carries no time and no name, so that the same content gives the same bytes.
    private static func gzip(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> [UInt8] {
        var stream = z_stream()
        let begun = deflateInit2_(
            &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw .failed("gzip", Int(begun)) }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        var code = Z_OK
        let out = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(clamping: bytes.count)
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(clamping: bound)
            code = deflate(&stream, Z_FINISH)
            count = Int(stream.total_out)
        }
        guard code == Z_STREAM_END else { throw .failed("gzip", Int(code)) }
        return out
    }

    private static func gunzip(_ bytes: UnsafeRawBufferPointer, size: Int) throws(CodecError) -> [UInt8] {
        var stream = z_stream()
        let begun = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw .failed("gzip", Int(begun)) }
        defer { inflateEnd(&stream) }
        var code = Z_OK
        let out = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(clamping: bytes.count)
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(clamping: size + 1)
            code = inflate(&stream, Z_FINISH)
            count = Int(stream.total_out)
        }
        guard code == Z_STREAM_END, out.count == size else { throw .damaged("gzip") }
        return out
    }

    // MARK: brotli (RFC 7932)

    private static func brotli(_ bytes: UnsafeRawBufferPointer, quality: Int32) throws(CodecError) -> [UInt8] {
        let bound = max(BrotliEncoderMaxCompressedSize(bytes.count), bytes.count + 1024)
        var succeeded = false
        let out = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            var size = bound
            succeeded =
                BrotliEncoderCompress(
                    quality, 24, BROTLI_MODE_GENERIC, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &size,
                    buffer.baseAddress) == BROTLI_TRUE
            count = succeeded ? size : 0
        }
        guard succeeded else { throw .failed("brotli", 0) }
        return out
    }

    private static func unbrotli(_ bytes: UnsafeRawBufferPointer, size: Int) throws(CodecError) -> [UInt8] {
        var result = BROTLI_DECODER_RESULT_ERROR
        let out = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            var written = size + 1
            result = BrotliDecoderDecompress(
                bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, buffer.baseAddress)
            count = result == BROTLI_DECODER_RESULT_SUCCESS ? written : 0
        }
        guard result == BROTLI_DECODER_RESULT_SUCCESS, out.count == size else { throw .damaged("brotli") }
        return out
    }

    // MARK: zstd (RFC 8878)

    private static func zstd(_ bytes: UnsafeRawBufferPointer, level: Int32) throws(CodecError) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        var written = 0
        let out = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            written = ZSTD_compress(buffer.baseAddress, bound, bytes.baseAddress, bytes.count, level)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        guard ZSTD_isError(written) == 0 else { throw .failed("zstd", written) }
        return out
    }

    private static func unzstd(_ bytes: UnsafeRawBufferPointer, size: Int) throws(CodecError) -> [UInt8] {
        var written = 0
        let out = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            written = ZSTD_decompress(buffer.baseAddress, size + 1, bytes.baseAddress, bytes.count)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        guard ZSTD_isError(written) == 0, out.count == size else { throw .damaged("zstd") }
        return out
    }
}

package enum CodecError: Error, Hashable, Sendable, CustomStringConvertible {
    case failed(String, Int)
    case damaged(String)

    package var description: String {
        switch self {
        case .failed(let format, let code): "\(format) failed with code \(code)"
        case .damaged(let format): "the bytes are no whole \(format) of that size"
        }
    }
}
