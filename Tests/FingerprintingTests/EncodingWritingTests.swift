import Compression
import Foundation
import Model
import TestSeeds
import Testing

@testable import Fingerprinting

@Suite struct EncodingWritingTests {
    private let place = Place()
    private let text = Array(String(repeating: "words and words; ", count: 4_000).utf8)

    private func final(_ name: String, _ bytes: [UInt8]) -> FinalFile {
        FinalFile(name: name, digests: .of(bytes, .init(name: name, options: DigestOptions())))
    }

    @Test func inPiecesComesOutWhatTheContentWas() throws {
        let folder = try OutputFolder(target: "\(place.path)/out", process: 1)
        try folder.write(text, to: "a.js", permissions: 0o644)
        let sizes = try EncodingWriting(folder: folder, earlier: nil, streamingSize: 1).write(final("a.js", text))
        try folder.commit()
        #expect(sizes.count == 3)
        let made = place.read("out")
        for coding in Coding.allCases {
            let encoded = try #require(made["a.js" + Precompression.suffix(coding)])
            #expect(encoded.count == sizes[coding.token])
            let decoded = try encoded.withUnsafeBytes { try Precompression.codec(coding).decompress($0, size: text.count) }
            #expect(decoded == text)
        }
    }

    @Test func inPiecesNothingIsKeptThatSavesTooLittle() throws {
        var random = SeededGenerator(seed: 3)
        let noise = (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let folder = try OutputFolder(target: "\(place.path)/out", process: 1)
        try folder.write(noise, to: "a.js", permissions: 0o644)
        #expect(try EncodingWriting(folder: folder, earlier: nil, streamingSize: 1).write(final("a.js", noise)).isEmpty)
        try folder.commit()
        #expect(place.names("out") == ["a.js"])
    }

    /// Bundlers' plugins write `app.js.gz` beside `app.js`.
    @Test func aFileOfTheSiteIsNotTakenForAnEncoding() async throws {
        let place = Place()
        _ = place.tree(["index.html": String(repeating: "words and words; ", count: 100), "index.html.gz": "the site's own"])
        let report = try await place.digest("in", to: "out", plainOptions { $0.compresses = true })
        #expect(place.text("out/index.html.gz") == "the site's own")
        #expect(report.manifest.entries["index.html"]?.encodings.keys.sorted() == ["br", "zstd"])
    }

    @Test func filesThatShareANameShareItsEncodings() async throws {
        let place = Place()
        let text = String(repeating: "words and words; ", count: 100)
        _ = place.tree(["a.js": text, "b.js": text, "index.html": "@script a.js\n@script b.js\n"])
        let options = plainOptions {
            $0.compresses = true
            $0.format = try! NameFormat("[digest:16].[ext]")
        }
        let report = try await place.digest("in", to: "out", options)
        #expect(report.manifest.entries["a.js"] == report.manifest.entries["b.js"])
        #expect(report.manifest.entries["b.js"]?.encodings.count == 3)
    }
}
