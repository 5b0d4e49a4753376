import CBrotli
import CZlib
import CZstd

extension Codec {
    /// Reads an encoding and writes its content, in pieces.
    /// - Parameter size: bytes of the content; more or less is an error.
    /// - Throws: `CodecError.damaged` for what is no whole encoding of that size, and what `read` and `write` throw. What was
    ///   written until then is no content.
    package func decompress(size: UInt64, read: Read, write: Write) throws {
        if try decompress(atMost: size, read: read, write: write) != size { throw damaged }
    }

    /// The same for a content whose size nobody has said.
    /// - Parameter limit: bytes of the content; more is an error.
    /// - Returns: how many there were.
    package func decompress(atMost limit: UInt64, read: Read, write: Write) throws -> UInt64 {
        let pieces = Pieces()
        var written: UInt64 = 0
        let measured: Write = { piece in
            written += UInt64(piece.count)
            // A few bytes that unfold to terabytes are stopped here.
            if written > limit { throw damaged }
            try write(piece)
        }
        switch self {
        case .gzip: try gunzip(pieces, read: read, write: measured)
        case .brotli: try unbrotli(pieces, read: read, write: measured)
        case .zstd: try unzstd(pieces, read: read, write: measured)
        }
        return written
    }

    private var damaged: CodecError {
        switch self {
        case .gzip: .damaged("gzip")
        case .brotli: .damaged("brotli")
        case .zstd: .damaged("zstd")
        }
    }

    private func gunzip(_ pieces: Pieces, read: Read, write: Write) throws {
        var stream = z_stream()
        let begun = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw CodecError.failed("gzip", Int(begun)) }
        defer { inflateEnd(&stream) }
        while true {
            let count = try read(pieces.input)
            if count == 0 { throw damaged }
            stream.next_in = pieces.input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(count)
            repeat {
                stream.next_out = pieces.output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(pieces.output.count)
                let code = inflate(&stream, Z_NO_FLUSH)
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw damaged }
                try write(pieces.written(pieces.output.count - Int(stream.avail_out)))
                if code == Z_STREAM_END { return try expectEnd(pieces, left: Int(stream.avail_in), read: read) }
            } while stream.avail_out == 0
        }
    }

    private func unbrotli(_ pieces: Pieces, read: Read, write: Write) throws {
        guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { throw CodecError.failed("brotli", 0) }
        defer { BrotliDecoderDestroyInstance(state) }
        while true {
            var left = try read(pieces.input)
            if left == 0 { throw damaged }
            var next: UnsafePointer<UInt8>? = UnsafeRawPointer(pieces.input.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            var result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT
            while result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT {
                var out = pieces.output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                var room = pieces.output.count
                result = BrotliDecoderDecompressStream(state, &left, &next, &room, &out, nil)
                if result == BROTLI_DECODER_RESULT_ERROR { throw damaged }
                try write(pieces.written(pieces.output.count - room))
            }
            if result == BROTLI_DECODER_RESULT_SUCCESS { return try expectEnd(pieces, left: left, read: read) }
        }
    }

    private func unzstd(_ pieces: Pieces, read: Read, write: Write) throws {
        guard let context = ZSTD_createDCtx() else { throw CodecError.failed("zstd", 0) }
        defer { ZSTD_freeDCtx(context) }
        while true {
            let count = try read(pieces.input)
            if count == 0 { throw damaged }
            var input = ZSTD_inBuffer(src: pieces.input.baseAddress, size: count, pos: 0)
            var isOutputFull = false
            repeat {
                var output = ZSTD_outBuffer(dst: pieces.output.baseAddress, size: pieces.output.count, pos: 0)
                let code = ZSTD_decompressStream(context, &output, &input)
                if ZSTD_isError(code) != 0 { throw damaged }
                try write(pieces.written(output.pos))
                if code == 0 { return try expectEnd(pieces, left: input.size - input.pos, read: read) }
                isOutputFull = output.pos == output.size
            } while input.pos < input.size || isOutputFull
        }
    }

    /// Nothing may follow: a blob is one encoding.
    private func expectEnd(_ pieces: Pieces, left: Int, read: Read) throws {
        if left > 0 { throw damaged }
        if try read(pieces.input) > 0 { throw damaged }
    }
}
