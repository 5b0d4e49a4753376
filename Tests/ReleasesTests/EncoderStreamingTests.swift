import Blobs
import Compression
import Foundation
import Manifests
import Model
import State
import Testing

@testable import Releases

@Suite struct EncoderStreamingTests {
    private func inPieces(_ bench: Bench, _ text: String) async throws -> [EncodingRecord] {
        try await bench.publish(["content": text])
        let staged = try StagedBlobs(store: bench.directory.blobs, folder: bench.directory.stagingPath("pieces"))
        defer { staged.discard() }
        let task = Encoder.Task(source: digest(text), size: UInt64(text.utf8.count), codings: Coding.allCases)
        let records = try Encoder(directory: bench.directory, threads: 1).encodeInPieces(task, into: staged)
        try staged.commit()
        return records
    }

    @Test func everyEncodingDecodesToItsContent() async throws {
        let bench = try Bench()
        let text = (0..<9_000).map { "line \($0 * 7_919 % 1_009)\n" }.joined()
        let records = try await inPieces(bench, text)
        #expect(records.map(\.coding) == Coding.allCases)
        for record in records {
            #expect(record.blob != digest(text) && record.size < UInt64(text.utf8.count / 2))
            #expect(bench.directory.blobs.size(record.blob) == record.size)
            let decoded = try bench.directory.blobs.read(record.blob).withUnsafeBytes {
                try record.coding.codec.decompress($0, size: text.utf8.count)
            }
            #expect(decoded == Array(text.utf8))
        }
        #expect(FileReader.names(in: "\(bench.directory.root)/tmp") == [])
    }

    /// 99 bytes are saved at most, and that is not enough.
    @Test func whatSavesTooLittleIsItsOwnEncodingAndLeavesNothing() async throws {
        let bench = try Bench()
        let text = String(repeating: "a", count: 99)
        let records = try await inPieces(bench, text)
        #expect(records == Coding.allCases.map { EncodingRecord(source: digest(text), coding: $0, blob: digest(text), size: 99) })
        #expect(bench.blobs == [digest(text)])
        #expect(FileReader.names(in: "\(bench.directory.root)/tmp") == [])
    }

    @Test func fromSixteenMegabytesOnAContentIsNotHeldWhole() async throws {
        let bench = try Bench()
        let line = "0123456789abcdef0123456789abcde\n"
        let text = String(repeating: line, count: Int(Codec.streamingSize) / 32)
        let id = try await bench.publish(["large.txt": text])
        let manifest = try bench.store.manifest(id)
        let tasks = Encoder.missing(manifest, recorded: [], among: [.gzip])
        #expect(tasks.map(\.size) == [Codec.streamingSize])
        let store = bench.store
        try await Encoder(directory: bench.directory, threads: 1).run(
            tasks, staging: "encode", progress: { _ in }, record: { try store.add($0, to: id) })
        let encodings = try #require(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest))
        #expect(try #require(encodings.find(.gzip, entry: 0)).size < 100_000)
        #expect(try bench.inspect().findings == [])
    }
}
