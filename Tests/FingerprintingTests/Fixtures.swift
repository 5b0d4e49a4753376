import Foundation
import Model

@testable import Fingerprinting

/// A folder that goes away with the test.
final class Place: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "tandem-digest-\(UUID().uuidString)").path
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let target = "\(path)/\(name)"
        try! FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try! Data(bytes).write(to: URL(filePath: target))
        return target
    }

    /// Writes a folder of these files.
    func tree(_ files: [String: String], in folder: String = "in") -> String {
        for (name, text) in files { write("\(folder)/\(name)", Array(text.utf8)) }
        return "\(path)/\(folder)"
    }

    /// Everything below a folder, hidden files too.
    func read(_ folder: String) -> [String: [UInt8]] {
        let root = "\(path)/\(folder)"
        var out: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder), !isFolder.boolValue else { continue }
            out[name] = Array(FileManager.default.contents(atPath: "\(root)/\(name)") ?? Data())
        }
        return out
    }

    func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Names of the output without the manifest.
    func names(_ folder: String) -> Set<String> { Set(read(folder).keys).subtracting(BuildManifest.fileNames) }
}

/// Without encodings and with plain names only where asked, so that a test sees what it is about.
func plainOptions(_ change: (inout DigestOptions) -> Void = { _ in }) -> DigestOptions {
    var options = DigestOptions()
    options.compresses = false
    options.plainNames = .drop
    options.threads = 2
    change(&options)
    return options
}

extension Place {
    @discardableResult
    func digest(
        _ input: String = "in", to output: String = "out", _ options: DigestOptions = plainOptions(),
        reader: ReferenceReader = TestReader.reader, previous: String? = nil, now: Int64 = 0
    ) async throws -> DigestReport {
        try await Digest(options: options, reader: reader, now: now).run(
            from: "\(path)/\(input)", to: "\(path)/\(output)", previous: previous.map { "\(path)/\($0)" })
    }
}

func sha256(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { ContentDigest(of: $0) }.hex }
func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
