import Blobs
import Foundation
import Model

/// A folder that goes away with the test.
final class Place {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "tandem-blobs-\(UUID().uuidString)").path
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) {
        try! Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    }

    func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: "\(path)/\(name)").map(Array.init) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    func names(_ folder: String) -> [String] { FileReader.names(in: "\(path)/\(folder)") }
}

func digest(_ bytes: [UInt8]) -> ContentDigest { bytes.withUnsafeBytes { ContentDigest(of: $0) } }

/// Bytes that depend on the seed alone.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
    }
}

extension BlobStore {
    /// Puts bytes into the store the way a publish does.
    func keep(_ bytes: [UInt8], folder: String) throws -> ContentDigest {
        let staged = try StagedBlobs(store: self, folder: folder)
        try staged.add(bytes, digest(bytes))
        try staged.commit()
        staged.discard()
        return digest(bytes)
    }
}
