import AdminAPI
import Fingerprinting
import Foundation
import Glibc
import Model
import Releases

/// The folder that a publish takes: the build itself, or what a digest makes of it first.
struct PublishSource {
    let path: String
    let listed: ListedNames
    /// Where the digest's output lies until it is published.
    private let temporary: String?

    /// - Parameter digest: nil: the folder is published as it is.
    init(_ folder: String, digest options: DigestOptions?, quiet: Bool) async throws {
        guard var options else {
            path = folder
            temporary = nil
            listed = Self.listed(in: folder)
            return
        }
        // The store makes the encodings, and knows those of earlier releases.
        options.compresses = false
        let place = FileManager.default.temporaryDirectory.appending(path: "tandem-publish-\(getpid())-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Problem.failed("cannot make the folder \(place)\nSet TMPDIR to one that can be written.")
        }
        temporary = place
        path = place + "/build"
        do {
            let report = try await DigestWork(options: options, quiet: quiet).digest(from: folder, to: path)
            if !quiet { Terminal.note("\(report.renamed) of \(report.files) files renamed, \(report.rewritten) rewritten") }
        } catch {
            try? FileManager.default.removeItem(atPath: place)
            throw error
        }
        listed = Self.listed(in: path)
    }

    func discard() {
        if let temporary { try? FileManager.default.removeItem(atPath: temporary) }
    }

    /// What the build manifest in a folder says.
    static func listed(in folder: String) -> ListedNames {
        guard let manifest = BuildManifest.inFolder(folder) else { return .none }
        var listed = ListedNames.none
        for (key, entry) in manifest.entries where entry.name != key && !entry.isFixed { listed.fingerprinted[entry.name] = entry.digest }
        for file in manifest.encodingFiles {
            guard let coding = Coding.allCases.first(where: { $0.token == file.token }) else { continue }
            listed.encodings[file.path] = ListedNames.Encoding(source: file.source, coding: coding)
        }
        listed.manifests = Set(BuildManifest.fileNames.filter { name in BuildManifest.isOne("\(folder)/\(name)") })
        return listed
    }
}
