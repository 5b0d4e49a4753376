import Files
import Model
import Names
import References

/// `tandem digest`: reads a build folder, gives its files names that follow their content, and writes the folder anew.
///
/// The order is that of need: everything is read once; then, leaves first, each file whose references have their names is
/// rewritten, digested, named and written. What is decided stands in values (`WebOfFiles`, `Components`, `AddressWriter`);
/// this type does the reading and writing.
package struct Digest: Sendable {
    let options: DigestOptions
    let reader: ReferenceReader
    /// Nanoseconds since 1970 when it begins: files changed just before it are not remembered.
    let now: Int64

    package init(options: DigestOptions, reader: ReferenceReader, now: Int64) {
        self.options = options
        self.reader = reader
        self.now = now
    }

    /// - Parameters:
    ///   - input: the build's folder.
    ///   - output: made anew; what was there is replaced if a digest made it, or it is empty.
    ///   - previous: an earlier output to take results from, as far as the input is the same; nil: the one in `output`.
    /// - Throws: `FolderFault`, `DigestFault`, `DigestFindings`. What was in `output` is as it was then.
    package func run(
        from input: String, to output: String, previous: String? = nil,
        progress: @escaping @Sendable (DigestProgress) -> Void = { _ in }
    ) async throws -> DigestReport {
        let folder = try Folder(input)
        let place = try OutputPlace(output, beside: folder.root)
        let source = try Source(folder)
        let resolver = Resolver(tree: source.tree, prefix: options.prefix.filled(build: source.manifest?.build ?? ""))
        let reading = TreeReading(resolver: resolver, reader: reader, options: options)
        let tree = source.tree
        let earlier = try earlier(previous, place, tree)
        let readProgress = StageProgress(.reading, files: tree.files.count, bytes: tree.bytes, report: progress)
        let analyses = try await Cores.map(count: tree.files.count, threads: options.threads) { index in
            defer { readProgress.add(bytes: tree.files[index].stamp.size) }
            return try earlier?.recall(tree.files[index], tree: tree) ?? reading.read(index)
        }
        let carried = source.manifest.map { CarriedNames($0, tree: tree) { analyses[$0].digests.sha256 } } ?? .none
        let web = WebOfFiles(
            tree: tree, analyses: analyses, options: options, resolver: resolver, carried: carried,
            listed: ListedByOthers.names(in: tree))
        let errors = web.findings.count { $0.severity == .error }
        if errors > 0 { throw DigestFindings(findings: web.findings, fault: .findings(errors: errors)) }
        let build = carried.build ?? Self.buildDigest(tree, analyses).hex
        let writing = try TreeWriting(
            web: web, carried: carried, build: build, place: place, hasOwnManifest: source.hasOwnManifest, reading: reading,
            earlier: earlier,
            now: now, progress: progress)
        return try await writing.run()
    }

    private func earlier(_ previous: String?, _ place: OutputPlace, _ tree: BuildTree) throws -> EarlierOutput? {
        guard let previous else {
            return place.earlier.map { EarlierOutput(folder: place.path, found: $0, tree: tree, options: options) }
        }
        guard let folder = Folder.realPath(previous), let found = FoundManifest(in: folder) else { throw DigestFault.noOutput(previous) }
        return EarlierOutput(folder: folder, found: found, tree: tree, options: options)
    }

    /// The digest of the input tree: every name and content.
    private static func buildDigest(_ tree: BuildTree, _ analyses: [FileAnalysis]) -> ContentDigest {
        var text: [UInt8] = []
        for (file, analysis) in zip(tree.files, analyses) {
            text += file.name.utf8
            text.append(0)
            analysis.digests.sha256.withBytes { text += $0 }
        }
        return text.withUnsafeBytes { ContentDigest(of: $0) }
    }

    /// The input without what an earlier digest put beside the contents.
    private struct Source {
        var tree: BuildTree
        var manifest: BuildManifest?
        /// The site has a file of its own where the manifest would lie.
        var hasOwnManifest = false

        init(_ folder: Folder) throws(FolderFault) {
            for name in BuildManifest.fileNames {
                guard let file = folder.files.first(where: { $0.name == name }) else { continue }
                if let found = BuildManifest(json: try FileBytes.read(file)) {
                    let made = CarriedNames.encodings(found).union(found.others)
                    manifest = found
                    tree = BuildTree(root: folder.root, files: folder.files.filter { $0.name != name && !made.contains($0.name) })
                    hasOwnManifest = name != BuildManifest.fileNames[0]
                    return
                }
                hasOwnManifest = true
            }
            tree = BuildTree(root: folder.root, files: folder.files)
        }
    }
}

/// The findings that let a digest fail, all of them.
package struct DigestFindings: Error, Hashable, Sendable {
    package var findings: [Finding]
    package var fault: DigestFault
}
