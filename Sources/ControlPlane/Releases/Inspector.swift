import Blobs
import Compression
import Glibc
import Manifests
import Model
import Names
import State

/// Proves that every byte stored is what its name says, and mends what can be mended.
package struct Inspector: Sendable {
    /// One thing that is not as it should be.
    package struct Finding: Hashable, Sendable, Codable {
        package enum Kind: String, Sendable, Codable {
            case damagedBlob, missingBlob, wrongSize, damagedManifest, missingManifest, damagedEncoding, staleEncodings, state
        }

        package var kind: Kind
        package var subject: String
        package var detail: String
        /// What was done about it; nil: a person has to.
        package var repair: String?
    }

    package struct Report: Hashable, Sendable, Codable {
        package var findings: [Finding] = []
        package var blobs = 0
        package var bytes: UInt64 = 0
        package var releases = 0
        /// Whether nothing is left to do.
        package var isClean: Bool { findings.allSatisfy { $0.repair != nil } }
    }

    private let store: ReleaseStore
    private var directory: DataDirectory { store.directory }

    package init(store: ReleaseStore) {
        self.store = store
    }

    /// Re-reads everything. Cost: the size of the store at about 1 GB/s.
    package func run(progress: (PublishProgress) -> Void) throws -> Report {
        var report = Report()
        for fault in try store.database.faults() { report.findings.append(Finding(kind: .state, subject: "state.sqlite", detail: fault)) }
        var whole: [ContentDigest: UInt64] = [:]
        try inspectBlobs(into: &report, whole: &whole, progress: progress)
        try inspectEncodings(into: &report, whole: whole)
        try inspectDeltas(into: &report, whole: whole)
        try inspectReleases(into: &report, whole: whole)
        return report
    }

    private func inspectBlobs(
        into report: inout Report, whole: inout [ContentDigest: UInt64], progress: (PublishProgress) -> Void
    ) throws {
        var all: [(ContentDigest, UInt64)] = []
        try directory.blobs.forEach { digest, size, _ in all.append((digest, size)) }
        let total = all.reduce(UInt64(0)) { $0 + $1.1 }
        for (index, (digest, size)) in all.enumerated() {
            report.blobs += 1
            report.bytes += size
            do throws(BlobError) {
                try directory.blobs.verify(digest)
                whole[digest] = size
            } catch {
                // `gc` may have taken it since it was listed.
                guard directory.blobs.contains(digest) else { continue }
                try directory.blobs.quarantine(digest)
                report.findings.append(
                    Finding(
                        // What to do is what is being done.
                        kind: .damagedBlob, subject: digest.hex, detail: String(error.description.prefix { $0 != "\n" }),
                        repair: "set aside under quarantine/"))
            }
            progress(PublishProgress(stage: .reading, files: index + 1, of: all.count, bytes: report.bytes, ofBytes: total))
        }
    }

    /// An encoding that is gone or is not its content is forgotten: it will be made again.
    private func inspectEncodings(into report: inout Report, whole: [ContentDigest: UInt64]) throws {
        var forgotten: [ContentDigest] = []
        for encoding in try store.database.encodings() where encoding.blob != encoding.source {
            guard let size = whole[encoding.source] else { continue }
            let fault: String?
            if whole[encoding.blob] == nil {
                fault = "its blob is missing"
            } else if whole[encoding.blob] != encoding.size {
                fault = "its blob has another size"
            } else {
                fault = try decodes(encoding, size: size) ? nil : "it does not decode to its content"
            }
            guard let fault else { continue }
            forgotten.append(encoding.blob)
            report.findings.append(
                Finding(
                    kind: .damagedEncoding, subject: "\(encoding.coding.token) of \(encoding.source.hex)", detail: fault,
                    repair: "forgotten; it will be made again"))
        }
        if !forgotten.isEmpty { try store.database.exclusively { try $0.forgetEncodings(heldBy: forgotten) } }
    }

    private func decodes(_ encoding: EncodingRecord, size: UInt64) throws -> Bool {
        let reader = try PieceReader(path: directory.blobs.path(encoding.blob))
        var hasher = ContentHasher()
        do {
            try encoding.coding.codec.decompress(size: size, read: { try reader.fill($0) }, write: { hasher.update($0) })
        } catch is CodecError {
            return false
        }
        return hasher.finalize().sha256 == encoding.source
    }

    /// A delta that is gone or does not give its content is forgotten: it will be made again.
    private func inspectDeltas(into report: inout Report, whole: [ContentDigest: UInt64]) throws {
        var forgotten: [DeltaRecord] = []
        for delta in try store.database.deltas() where delta.isWorthIt {
            guard let size = whole[delta.source], whole[delta.dictionary] != nil else { continue }
            let fault: String?
            if whole[delta.blob] == nil {
                fault = "its blob is missing"
            } else if whole[delta.blob] != delta.size {
                fault = "its blob has another size"
            } else {
                fault = try decodes(delta, size: size) ? nil : "it does not give its content"
            }
            guard let fault else { continue }
            forgotten.append(delta)
            report.findings.append(
                Finding(
                    kind: .damagedEncoding, subject: "dcz of \(delta.source.hex) with \(delta.dictionary.hex)", detail: fault,
                    repair: "forgotten; it will be made again"))
        }
        if forgotten.isEmpty { return }
        try store.database.exclusively { try $0.forget(forgotten) }
        // Their files still name them: they are written anew with what there is.
        for release in try store.database.releases() { unlink(directory.dictionariesPath(release.id)) }
    }

    private func decodes(_ delta: DeltaRecord, size: UInt64) throws -> Bool {
        guard size <= Delta.sizeLimit else { return false }
        let (bytes, dictionary) = (try directory.blobs.read(delta.blob), try directory.blobs.read(delta.dictionary))
        let content = try? bytes.withUnsafeBytes { bytes in
            try dictionary.withUnsafeBytes { dictionary in
                try delta.dictionary.withBytes {
                    try Delta.decompress(bytes, dictionary: dictionary, digest: $0, size: Int(size))
                }
            }
        }
        return content.map { $0.withUnsafeBytes { ContentDigest(of: $0) } } == delta.source
    }

    private func inspectReleases(into report: inout Report, whole: [ContentDigest: UInt64]) throws {
        for release in try store.database.releases() where release.state != .removed {
            report.releases += 1
            let manifest: Manifest
            do {
                manifest = try store.manifest(release.id)
                try manifest.verify()
            } catch {
                let isMissing = error as? ReleaseFault == .missingManifest(release.id)
                report.findings.append(
                    Finding(kind: isMissing ? .missingManifest : .damagedManifest, subject: release.id.hex, detail: "\(error)"))
                continue
            }
            for index in 0..<manifest.count where release.state.answersNames {
                let content = manifest.content(at: index)
                guard let size = whole[content] else {
                    report.findings.append(
                        Finding(
                            kind: .missingBlob, subject: content.hex,
                            detail: "release \(release.id) needs it for \(manifest.name(at: index)): publish that build again"))
                    continue
                }
                if size != manifest.size(at: index) {
                    report.findings.append(
                        Finding(
                            kind: .wrongSize, subject: content.hex,
                            detail: "release \(release.id) expects \(manifest.size(at: index)) bytes"))
                }
            }
            // The mapped file can be made again at any time; a wrong one would point to blobs that are not there.
            if Encodings(path: directory.encodingsPath(release.id), manifest: manifest) == nil || !report.findings.isEmpty {
                try store.writeEncodings(release.id)
            }
        }
    }
}
