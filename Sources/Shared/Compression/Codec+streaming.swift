import CBrotli
import CZlib
import CZstd

/// Compression in pieces, for contents that do not belong into memory whole: two of 1 GB at a time would be 4 GB with their
/// results. What is held is the encoder's window and two pieces: a publish of a file of 143 MB peaks at 38 MB with gzip, 55 MB
/// with zstd and 137 MB with brotli (whole process, debug build).
///
/// The result is a function of the content: pieces have one size wherever they come from.
extension Codec {
    /// From this size on a content is compressed in pieces. Below it one call is as fast and needs no second file.
    package static let streamingSize: UInt64 = 16 << 20

    /// Bytes of a piece that goes in, and of one that comes out.
    static let pieceSize = 1 << 20

    /// Fills a buffer as far as there are bytes; less than the whole only at the end.
    package typealias Read = (UnsafeMutableRawBufferPointer) throws -> Int
    package typealias Write = (UnsafeRawBufferPointer) throws -> Void

    /// Reads a content of `size` bytes and writes it compressed, with the levels of `compress(_:)`.
    /// - Throws: `CodecError`, and what `read` and `write` throw.
    package func compress(size: UInt64, read: Read, write: Write) throws {
        let pieces = Pieces()
        switch self {
        case .gzip: try Self.gzip(pieces, read: read, write: write)
        case .brotli: try Self.brotli(pieces, size: size, read: read, write: write)
        case .zstd: try Self.zstd(pieces, size: size, read: read, write: write)
        }
    }

    /// The two buffers of one stream.
    final class Pieces {
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Codec.pieceSize, alignment: 64)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Codec.pieceSize, alignment: 64)

        deinit {
            input.deallocate()
            output.deallocate()
        }

        /// The first bytes of what came out.
        func written(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[..<count]) }
    }

    private static func gzip(_ pieces: Pieces, read: Read, write: Write) throws {
        var stream = z_stream()
        let begun = deflateInit2_(
            &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw CodecError.failed("gzip", Int(begun)) }
        defer { deflateEnd(&stream) }
        var code = Z_OK
        while code != Z_STREAM_END {
            let count = try read(pieces.input)
            let flush = count < pieces.input.count ? Z_FINISH : Z_NO_FLUSH
            stream.next_in = pieces.input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(count)
            repeat {
                stream.next_out = pieces.output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(pieces.output.count)
                code = deflate(&stream, flush)
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw CodecError.failed("gzip", Int(code)) }
                try write(pieces.written(pieces.output.count - Int(stream.avail_out)))
            } while stream.avail_out == 0
        }
    }

    private static func brotli(_ pieces: Pieces, size: UInt64, read: Read, write: Write) throws {
        guard let state = BrotliEncoderCreateInstance(nil, nil, nil) else { throw CodecError.failed("brotli", 0) }
        defer { BrotliEncoderDestroyInstance(state) }
        let settings: [(BrotliEncoderParameter, UInt32)] = [
            (BROTLI_PARAM_QUALITY, UInt32(brotliQuality(size: size))), (BROTLI_PARAM_LGWIN, 24),
            (BROTLI_PARAM_SIZE_HINT, UInt32(clamping: size)),
        ]
        for (parameter, value) in settings where BrotliEncoderSetParameter(state, parameter, value) != BROTLI_TRUE {
            throw CodecError.failed("brotli", Int(parameter.rawValue))
        }
        var isLast = false
        while !isLast {
            var left = try read(pieces.input)
            isLast = left < pieces.input.count
            var next: UnsafePointer<UInt8>? = UnsafeRawPointer(pieces.input.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            let operation = isLast ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS
            repeat {
                var out = pieces.output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                var room = pieces.output.count
                guard BrotliEncoderCompressStream(state, operation, &left, &next, &room, &out, nil) == BROTLI_TRUE else {
                    throw CodecError.failed("brotli", 0)
                }
                try write(pieces.written(pieces.output.count - room))
            } while left > 0 || BrotliEncoderHasMoreOutput(state) == BROTLI_TRUE
        }
    }

    private static func zstd(_ pieces: Pieces, size: UInt64, read: Read, write: Write) throws {
        guard let context = ZSTD_createCCtx() else { throw CodecError.failed("zstd", 0) }
        defer { ZSTD_freeCCtx(context) }
        func check(_ code: Int) throws(CodecError) {
            if ZSTD_isError(code) != 0 { throw .failed("zstd", code) }
        }
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, zstdLevel(size: size)))
        // The size stands in the frame, as it does in one call: a decoder allocates once.
        try check(ZSTD_CCtx_setPledgedSrcSize(context, size))
        var isLast = false
        while !isLast {
            let count = try read(pieces.input)
            isLast = count < pieces.input.count
            var input = ZSTD_inBuffer(src: pieces.input.baseAddress, size: count, pos: 0)
            var left = 0
            repeat {
                var output = ZSTD_outBuffer(dst: pieces.output.baseAddress, size: pieces.output.count, pos: 0)
                left = ZSTD_compressStream2(context, &output, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
                try check(left)
                try write(pieces.written(output.pos))
            } while isLast ? left != 0 : input.pos < input.size
        }
    }
}
