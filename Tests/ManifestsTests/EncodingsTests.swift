import Model
import Names
import Testing

@testable import Manifests

@Suite struct EncodingsTests {
    private let folder = TemporaryFolder()
    private let manifest: Manifest

    init() throws {
        manifest = try folder.publish((0..<20).map { ManifestEntry("f\($0)", content: "\($0 % 15)") })
    }

    private func digest(_ text: String) -> ContentDigest { Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) } }

    /// Brotli for every content, zstd for some, gzip for none.
    private var image: EncodingsImage {
        EncodingsImage(manifest: manifest) { content in
            var records = [EncodingRecord(source: content, coding: .brotli, blob: digest("br \(content.hex)"), size: 7)]
            if content.words.0.isMultiple(of: 2) {
                records.append(EncodingRecord(source: content, coding: .zstd, blob: digest("zstd \(content.hex)"), size: 1 << 40))
            }
            return records
        }
    }

    @Test func whatIsRecordedComesBack() throws {
        let encodings = try #require(Encodings(path: folder.write(image.bytes, as: "encodings"), manifest: manifest))
        for entry in 0..<manifest.count {
            let content = manifest.content(at: entry)
            let brotli = try #require(encodings.find(.brotli, entry: entry))
            #expect(brotli.blob == digest("br \(content.hex)"))
            #expect(brotli.size == 7)
            let zstd = encodings.find(.zstd, entry: entry)
            #expect((zstd != nil) == content.words.0.isMultiple(of: 2))
            if let zstd { #expect(zstd.blob == digest("zstd \(content.hex)") && zstd.size == 1 << 40) }
            #expect(encodings.find(.gzip, entry: entry) == nil)
        }
        #expect(encodings.find(.brotli, entry: -1) == nil)
        #expect(encodings.find(.brotli, entry: manifest.count) == nil)
    }

    @Test func theFileOfAnotherReleaseIsRefused() throws {
        let other = try folder.publish((0..<20).map { ManifestEntry("g\($0)", content: "\($0)") })
        #expect(Encodings(path: folder.write(image.bytes, as: "encodings"), manifest: other) == nil)
    }

    @Test func aFileThatIsMissingOrDamagedIsRefused() {
        #expect(Encodings(path: "\(folder.path)/none", manifest: manifest) == nil)
        for offset in 0..<48 {
            // The count is the manifest's own; what the file says of it is not believed.
            if (12..<16).contains(offset) { continue }
            var bytes = image.bytes
            bytes[offset] ^= 1
            #expect(Encodings(path: folder.write(bytes, as: "damaged"), manifest: manifest) == nil, "byte \(offset)")
        }
        for count in [0, 47, image.bytes.count - 1] {
            #expect(Encodings(path: folder.write(image.bytes.prefix(count), as: "short"), manifest: manifest) == nil)
        }
        #expect(Encodings(path: folder.write(image.bytes + [0], as: "long"), manifest: manifest) == nil)
    }
}
