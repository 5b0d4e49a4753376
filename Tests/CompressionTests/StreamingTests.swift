import TestCodecs
import Testing

@testable import Compression

@Suite struct StreamingTests {
    static let all: [Codec] = [.gzip, .brotli, .zstd]

    /// Compresses from memory as if from a file, and counts the pieces that came out.
    private func stream(_ codec: Codec, _ content: [UInt8]) throws -> (bytes: [UInt8], largest: Int) {
        var at = 0
        var result: (bytes: [UInt8], largest: Int) = ([], 0)
        try codec.compress(
            size: UInt64(content.count),
            read: { buffer in
                let count = min(buffer.count, content.count - at)
                content[at..<at + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
                at += count
                return count
            },
            write: { piece in
                result.bytes += piece
                result.largest = max(result.largest, piece.count)
            })
        return result
    }

    /// Decompresses as if from a file.
    private func unstream(_ codec: Codec, _ encoded: [UInt8], size: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        try codec.unstream(encoded, size: UInt64(size), into: &content)
        return content
    }

    /// Ends just before, at and just after a piece, and with nothing at all.
    @Test(arguments: all, [0, 1, 100, Codec.pieceSize - 1, Codec.pieceSize, Codec.pieceSize + 1, 3 * Codec.pieceSize])
    func whatGoesInComesOut(codec: Codec, size: Int) throws {
        let content = Array(repeating: UInt8(7), count: max(size - 500, 0)) + noise(min(size, 500))
        #expect(try codec.decompress(stream(codec, content).bytes, size: size) == content)
    }

    @Test(arguments: all)
    func whatDoesNotGetSmallerComesOutInPieces(codec: Codec) throws {
        let content = noise(Codec.pieceSize + 77)
        let encoded = try stream(codec, content)
        #expect(encoded.largest <= Codec.pieceSize)
        #expect(try codec.decompress(encoded.bytes, size: content.count) == content)
    }

    @Test(arguments: all)
    func theSameContentGivesTheSameBytes(codec: Codec) throws {
        let content = text(100_000)
        #expect(try stream(codec, content).bytes == stream(codec, content).bytes)
    }

    @Test(arguments: all)
    func itIsAsSmallAsInOneCall(codec: Codec) throws {
        let content = (0..<5_000).flatMap { Array("line \($0 * 7919 % 10_007) of a long text\n".utf8) }
        let (streamed, whole) = (try stream(codec, content).bytes.count, try codec.compress(content).count)
        #expect(streamed <= whole + whole / 100)
    }

    @Test(arguments: all)
    func anErrorOfTheReaderOrWriterPasses(codec: Codec) {
        struct Broken: Error {}
        #expect(throws: Broken.self) { try codec.compress(size: 10, read: { _ in throw Broken() }, write: { _ in }) }
        #expect(throws: Broken.self) { try codec.compress(size: 0, read: { _ in 0 }, write: { _ in throw Broken() }) }
    }

    @Test(arguments: all, [0, 1, 100, Codec.pieceSize - 1, Codec.pieceSize, Codec.pieceSize + 1, 3 * Codec.pieceSize])
    func whatWasCompressedInOneCallComesOutInPieces(codec: Codec, size: Int) throws {
        let content = Array(repeating: UInt8(7), count: max(size - 500, 0)) + noise(min(size, 500))
        #expect(try unstream(codec, codec.compress(content), size: size) == content)
    }

    @Test(arguments: all)
    func anEncodingOfMoreThanAPieceIsReadToItsEnd(codec: Codec) throws {
        let content = noise(Codec.pieceSize + 77)
        #expect(try unstream(codec, codec.compress(content), size: content.count) == content)
    }

    @Test(arguments: all)
    func everyTruncationAndAnythingBehindTheEndIsRefused(codec: Codec) throws {
        let content = text(2_000) + noise(100)
        let encoded = try codec.compress(content)
        for length in 0..<encoded.count {
            #expect(throws: CodecError.self) { try unstream(codec, Array(encoded.prefix(length)), size: content.count) }
        }
        #expect(throws: CodecError.self) { try unstream(codec, encoded + [0], size: content.count) }
        #expect(throws: CodecError.self) { try unstream(codec, encoded + encoded, size: content.count) }
    }

    @Test(arguments: all)
    func anotherSizeIsRefusedBeforeItIsWritten(codec: Codec) throws {
        let content = Array(repeating: UInt8(0), count: 5 * Codec.pieceSize)
        let encoded = try codec.compress(content)
        for size in [0, content.count - 1, content.count + 1] {
            #expect(throws: CodecError.self) { try unstream(codec, encoded, size: size) }
        }
    }

    @Test func beyond64MegabytesTheFasterLevelsAreUsed() {
        #expect(Codec.brotliQuality(size: 64 << 20) == 11 && Codec.zstdLevel(size: 64 << 20) == 19)
        #expect(Codec.brotliQuality(size: (64 << 20) + 1) == 9 && Codec.zstdLevel(size: (64 << 20) + 1) == 9)
    }
}
