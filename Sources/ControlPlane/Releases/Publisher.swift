import Blobs
import Compression
import Files
import Glibc
import Manifests
import Model
import Names

/// Makes a folder ready to be a release: its contents are blobs, its manifest lies in the store. It becomes a release only
/// when `ReleaseStore.commit` says so; until then nobody sees it, and if it is interrupted `gc` takes it.
package struct Publisher: Sendable {
    private let directory: DataDirectory
    private let threads: Int

    package struct Prepared: Sendable {
        package var id: ReleaseID
        package var entries: [ManifestEntry]
        /// Names that had to become documents, since they differ between releases.
        package var demoted: [String]
        package var newBlobs: Int
        package var hasServiceWorker: Bool
        /// Encodings that lay in the folder, in the store already.
        package var encodings: [EncodingRecord]
        package var contentBytes: UInt64 { entries.reduce(0) { $0 + $1.size } }
    }

    package init(directory: DataDirectory, threads: Int) {
        self.directory = directory
        self.threads = max(threads, 1)
    }

    /// - Parameters:
    ///   - publish: the open publish; its folder under `tmp/` is used.
    ///   - declared: the operator's patterns.
    ///   - listed: what the build's manifest says.
    ///   - preloads: what pages need at once, as the value of a `Link` field, by the page's name.
    ///   - others: the site's releases that are not removed.
    /// - Throws: `FolderFault`, `BlobError`, `ReleaseFault`, `ManifestError`. Nothing becomes visible.
    package func prepare(
        _ folder: Folder, publish: String, declared: DeclaredPatterns, listed: ListedNames = .none,
        preloads: [String: String] = [:], beside others: [Manifest], progress: @escaping @Sendable (PublishProgress) -> Void
    ) async throws -> Prepared {
        let staged = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath(publish))
        defer { staged.discard() }
        let files = folder.files.filter { !BuildManifestShape.holds($0) && !listed.leavesOut($0.name) }
        let contents = try await read(files, into: staged, progress: progress)
        let digests = Dictionary(zip(files, contents).map { ($0.name, $1.digests.sha256) }, uniquingKeysWith: { first, _ in first })
        let holding = listed.holding(digests)
        let classes = NameClassifier.classify(
            files: zip(files, contents).map { ($0.name, $1.digests) }, declared: declared, listed: holding)
        var entries = zip(zip(files, contents), classes).map { pair, nameClass in
            ManifestEntry(name: pair.0.name, digests: pair.1.digests, size: pair.0.stamp.size, nameClass: nameClass)
        }
        entries += Self.queryNames(holding, files: files, contents: contents)
        let encodings = try stageEncodings(listed, folder: folder, digests: digests, into: staged)
        let outcome = try NameConflicts.check(entries, beside: others)
        for index in outcome.demoted { entries[index].nameClass = .suspected }
        try staged.commit()
        let image = try ManifestImage(entries)
        try writeManifest(image)
        if !preloads.isEmpty {
            let manifest = try Manifest.open(path: directory.manifestPath(image.id), id: image.id)
            try directory.replace(directory.preloadsPath(image.id), with: PreloadsImage(manifest: manifest, fields: preloads).bytes)
        }
        return Prepared(
            id: image.id, entries: entries, demoted: outcome.demoted.map { entries[$0].name },
            newBlobs: contents.count(where: \.isNew), hasServiceWorker: contents.contains(where: \.registersServiceWorker),
            encodings: encodings)
    }

    /// Listed names whose digest stands in the query and is not one of the content: of a circle of files. Any other resolves by
    /// the content itself.
    private static func queryNames(_ holding: Set<String>, files: [Folder.File], contents: [Content]) -> [ManifestEntry] {
        let byName = Dictionary(zip(files.map(\.name), zip(files, contents)), uniquingKeysWith: { first, _ in first })
        return holding.sorted().compactMap { name in
            let parts = name.split(separator: "?", maxSplits: 1).map(String.init)
            guard parts.count == 2, let (file, content) = byName[parts[0]] else { return nil }
            if let claim = QueryName.parse(parts[1]), claim.matches(content.digests) { return nil }
            return ManifestEntry(name: name, digests: content.digests, size: file.stamp.size, nameClass: .proven)
        }
    }

    /// Takes the encodings that lie beside their contents; one that does not decode to its content is left out.
    private func stageEncodings(
        _ listed: ListedNames, folder: Folder, digests: [String: ContentDigest], into staged: StagedBlobs
    ) throws -> [EncodingRecord] {
        let sizes = Dictionary(folder.files.map { ($0.name, $0.stamp.size) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<ContentDigest> = []
        var records: [EncodingRecord] = []
        for file in folder.files {
            guard let encoding = listed.encodings[file.name], let source = digests[encoding.source], let size = sizes[encoding.source],
                size < Codec.streamingSize, file.stamp.size < size
            else { continue }
            let bytes = try FileReader.readAll(file.path)
            let decoded = try? bytes.withUnsafeBytes { try encoding.coding.codec.decompress($0, size: Int(size)) }
            guard let decoded, decoded.withUnsafeBytes({ ContentDigest(of: $0) }) == source else { continue }
            let digest = bytes.withUnsafeBytes { ContentDigest(of: $0) }
            if seen.insert(digest).inserted, !isStored(digest, size: UInt64(bytes.count)) { try staged.add(bytes, digest) }
            records.append(EncodingRecord(source: source, coding: encoding.coding, blob: digest, size: UInt64(bytes.count)))
        }
        return records
    }

    private func writeManifest(_ image: ManifestImage) throws {
        FaultPoint.hit(.manifestWritten)
        try directory.replace(directory.manifestPath(image.id), with: image.bytes)
        FaultPoint.hit(.manifestRenamed)
    }

    // MARK: Contents

    private struct Content: Sendable {
        var digests: ContentDigests
        var isNew: Bool
        /// Such pages and scripts fill caches that outlive HTTP.
        var registersServiceWorker = false
    }

    /// Hashes every file and stages what the store lacks, spread over the cores.
    private func read(
        _ files: [Folder.File], into staged: StagedBlobs, progress: @escaping @Sendable (PublishProgress) -> Void
    ) async throws -> [Content] {
        let done = WorkDone(
            .reading, of: (files: files.count, bytes: files.reduce(UInt64(0)) { $0 + $1.stamp.size }), report: progress)
        let indices = WorkIndices(count: files.count)
        return try await withThrowingTaskGroup(of: [(Int, Content)].self) { group in
            for _ in 0..<threads {
                group.addTask {
                    var results: [(Int, Content)] = []
                    while let index = indices.take() {
                        results.append((index, try read(files[index], into: staged)))
                        done.add(bytes: files[index].stamp.size)
                    }
                    return results
                }
            }
            var contents: [Content?] = Array(repeating: nil, count: files.count)
            for try await results in group {
                for (index, content) in results { contents[index] = content }
            }
            return contents.compactMap { $0 }
        }
    }

    /// Small files are read once into memory; large ones are read in pieces, and again when they have to be copied.
    private func read(_ file: Folder.File, into staged: StagedBlobs) throws -> Content {
        if file.stamp.size <= 4 << 20 {
            let bytes = try FileReader.readAll(file.path)
            try checkUnchanged(file, readBytes: UInt64(bytes.count))
            var hasher = ContentHasher()
            bytes.withUnsafeBytes { hasher.update($0) }
            let digests = hasher.finalize()
            let isNew = !isStored(digests.sha256, size: file.stamp.size)
            if isNew { try staged.add(bytes, digests.sha256) }
            return Content(digests: digests, isNew: isNew, registersServiceWorker: Self.registersServiceWorker(file, bytes))
        }
        var hasher = ContentHasher()
        var count: UInt64 = 0
        try FileReader.forEachPiece(of: file.path) { piece in
            hasher.update(piece)
            count += UInt64(piece.count)
        }
        try checkUnchanged(file, readBytes: count)
        let digests = hasher.finalize()
        let isNew = !isStored(digests.sha256, size: file.stamp.size)
        if isNew {
            do throws(BlobError) {
                try staged.add(file: file.path, digests.sha256)
            } catch {
                if case .wrongContent = error { throw FolderFault.changed(file.path) }
                throw error
            }
            try checkUnchanged(file, readBytes: count)
        }
        return Content(digests: digests, isNew: isNew)
    }

    /// A blob that is reused counts as new for `gc`; one with another size is damaged and is written again.
    private func isStored(_ digest: ContentDigest, size: UInt64) -> Bool {
        directory.blobs.size(digest) == size && directory.blobs.touch(digest)
    }

    private func checkUnchanged(_ file: Folder.File, readBytes: UInt64) throws(FolderFault) {
        var status = stat()
        guard stat(file.path, &status) == 0, FileStamp(status) == file.stamp, readBytes == file.stamp.size else {
            throw .changed(file.path)
        }
    }

    private static let registration = Array("serviceWorker.register(".utf8)

    private static func registersServiceWorker(_ file: Folder.File, _ bytes: [UInt8]) -> Bool {
        guard [".js", ".mjs", ".html", ".htm"].contains(where: file.name.hasSuffix) else { return false }
        return bytes.withUnsafeBytes { ByteSearch.contains($0, registration) }
    }
}

/// How far a publish is.
package struct PublishProgress: Hashable, Sendable {
    package enum Stage: String, Sendable {
        case reading, compressing
    }

    package var stage: Stage
    package var files: Int
    package var of: Int
    package var bytes: UInt64
    package var ofBytes: UInt64

    package init(stage: Stage, files: Int, of: Int, bytes: UInt64, ofBytes: UInt64) {
        self.stage = stage
        self.files = files
        self.of = of
        self.bytes = bytes
        self.ofBytes = ofBytes
    }

    /// 0…1.
    package var fraction: Double { ofBytes == 0 ? 1 : Double(bytes) / Double(ofBytes) }
}
