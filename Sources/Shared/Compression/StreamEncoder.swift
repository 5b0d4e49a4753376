import CBrotli
import CZlib
import CZstd

/// One encoding that is made while its content comes: pieces in, pieces out, and at any time all that is held can be had.
///
/// The other half of this module makes encodings once and for years; here a client waits, and thousands of encoders may be at work. So
/// windows are small, 32 KB (gzip) and 64 KB (brotli, zstd), and an encoder costs what `weight` says: measured with `mallinfo2` behind a
/// flush, zlib 1.2.13, brotli 1.0.9, zstd 1.5.4. For 20 KB of text (this project's reference of keys), and what is held then, for 1 MB,
/// and for a stream of events:
///
/// ```
///           level   bytes    time     memory    at 1 MB   compact
///  gzip       5     6,812   238 µs    268 KB     268 KB     72 KB
///  brotli     5     6,453   290 µs    832 KB   1,777 KB    548 KB
///  zstd       3     7,097    54 µs    599 KB     599 KB    114 KB
/// ```
package final class StreamEncoder {
    /// What is to happen behind a piece.
    package enum Step {
        /// More comes soon: what is better held is held.
        case goOn
        /// Nothing comes for a while: all that came can be decoded from what was made.
        case flush
        /// That was all.
        case end
    }

    package let codec: Codec
    /// 1 (fastest) to 9 (smallest), as each format understands it; nil: the usual one. Brotli's 9 is 8, which takes half the memory for
    /// 0.3 % more bytes.
    package let level: Int?
    /// Whether it is made for streams of short pieces that last for hours: less memory, for a fifth more bytes. Brotli below quality 3
    /// remembers nothing behind a flush, so that short pieces would get longer.
    package let isCompact: Bool
    private var state: State

    private enum State {
        case gzip(UnsafeMutablePointer<z_stream>)
        case brotli(OpaquePointer)
        case zstd(OpaquePointer)
    }

    /// - Returns: nil where there is no memory for it.
    package init?(_ codec: Codec, level: Int? = nil, isCompact: Bool = false) {
        guard let state = Self.begin(codec, level, isCompact) else { return nil }
        (self.codec, self.level, self.isCompact) = (codec, level, isCompact)
        self.state = state
    }

    deinit { Self.end(state) }

    /// Bytes that one takes at most, whatever its level.
    package static func weight(_ codec: Codec, isCompact: Bool) -> Int {
        switch codec {
        case .gzip: (isCompact ? 72 : 268) << 10
        case .brotli: (isCompact ? 552 : 1736) << 10
        case .zstd: (isCompact ? 128 : 640) << 10
        }
    }

    /// Takes a piece and adds what is made of it, and of what was held, to a buffer.
    /// - Throws: `CodecError`: it cannot go on.
    package func take(_ piece: UnsafeRawBufferPointer, _ step: Step, into output: PieceBuffer) throws(CodecError) {
        switch state {
        case .gzip(let stream): try Self.gzip(stream, piece, step, output)
        case .brotli(let encoder): try Self.brotli(encoder, piece, step, output)
        case .zstd(let context): try Self.zstd(context, piece, step, output)
        }
    }

    /// Forgets what it has, to be used for another content.
    /// - Returns: false where it cannot be.
    package func reset() -> Bool {
        switch state {
        case .gzip(let stream): return deflateReset(stream) == Z_OK
        case .zstd(let context): return ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_only)) == 0
        case .brotli:
            // It has no way back to its beginning.
            guard let fresh = Self.begin(codec, level, isCompact) else { return false }
            Self.end(state)
            state = fresh
            return true
        }
    }

    // MARK: The three formats

    private static func begin(_ codec: Codec, _ level: Int?, _ isCompact: Bool) -> State? {
        switch codec {
        case .gzip: beginGzip(Int32(level ?? 5), isCompact)
        case .brotli: beginBrotli(UInt32(isCompact ? 3 : min(level ?? 5, 8)), isCompact)
        case .zstd: beginZstd(Int32(level ?? 3), isCompact)
        }
    }

    private static func end(_ state: State) {
        switch state {
        case .gzip(let stream):
            deflateEnd(stream)
            stream.deallocate()
        case .brotli(let encoder): BrotliEncoderDestroyInstance(encoder)
        case .zstd(let context): ZSTD_freeCCtx(context)
        }
    }

    /// The library keeps the address of its stream, which therefore must not move.
    private static func beginGzip(_ level: Int32, _ isCompact: Bool) -> State? {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = deflateInit2_(
            stream, level, Z_DEFLATED, (isCompact ? 13 : 15) + 16, isCompact ? 6 : 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        if code == Z_OK { return .gzip(stream) }
        stream.deallocate()
        return nil
    }

    private static func gzip(
        _ stream: UnsafeMutablePointer<z_stream>, _ piece: UnsafeRawBufferPointer, _ step: Step, _ output: PieceBuffer
    ) throws(CodecError) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
        let flush =
            switch step {
            case .goOn: Z_NO_FLUSH
            case .flush: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        while true {
            let (place, room) = output.room
            stream.pointee.next_out = place
            stream.pointee.avail_out = UInt32(clamping: room)
            let code = deflate(stream, flush)
            // Without progress there was nothing left to do.
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw .failed("gzip", Int(code)) }
            output.added(room - Int(stream.pointee.avail_out))
            if stream.pointee.avail_out > 0 { return }
        }
    }

    private static func beginBrotli(_ quality: UInt32, _ isCompact: Bool) -> State? {
        guard let encoder = BrotliEncoderCreateInstance(nil, nil, nil) else { return nil }
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, quality)
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_LGWIN, isCompact ? 14 : 16)
        return .brotli(encoder)
    }

    private static func brotli(
        _ encoder: OpaquePointer, _ piece: UnsafeRawBufferPointer, _ step: Step, _ output: PieceBuffer
    ) throws(CodecError) {
        var next = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var left = piece.count
        let operation =
            switch step {
            case .goOn: BROTLI_OPERATION_PROCESS
            case .flush: BROTLI_OPERATION_FLUSH
            case .end: BROTLI_OPERATION_FINISH
            }
        repeat {
            let (place, room) = output.room
            var out: UnsafeMutablePointer<UInt8>? = place
            var free = room
            guard BrotliEncoderCompressStream(encoder, operation, &left, &next, &free, &out, nil) == BROTLI_TRUE else {
                throw .failed("brotli", 0)
            }
            output.added(room - free)
        } while left > 0 || BrotliEncoderHasMoreOutput(encoder) == BROTLI_TRUE
    }

    private static func beginZstd(_ level: Int32, _ isCompact: Bool) -> State? {
        guard let context = ZSTD_createCCtx() else { return nil }
        let (window, table): (Int32, Int32) = isCompact ? (13, 12) : (16, 14)
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_windowLog, window), (ZSTD_c_hashLog, table), (ZSTD_c_chainLog, table),
        ] {
            ZSTD_CCtx_setParameter(context, parameter, value)
        }
        return .zstd(context)
    }

    private static func zstd(
        _ context: OpaquePointer, _ piece: UnsafeRawBufferPointer, _ step: Step, _ output: PieceBuffer
    ) throws(CodecError) {
        var input = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
        let directive =
            switch step {
            case .goOn: ZSTD_e_continue
            case .flush: ZSTD_e_flush
            case .end: ZSTD_e_end
            }
        var left = 0
        repeat {
            let (place, room) = output.room
            var out = ZSTD_outBuffer(dst: place, size: room, pos: 0)
            left = ZSTD_compressStream2(context, &out, &input, directive)
            if ZSTD_isError(left) != 0 { throw .failed("zstd", left) }
            output.added(out.pos)
        } while step == .goOn ? input.pos < input.size : left != 0
    }
}
