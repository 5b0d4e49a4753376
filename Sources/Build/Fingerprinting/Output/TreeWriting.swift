import Files
import Glibc
import Model

/// Writes the output, leaves first: a file is written when everything that it names has its name.
struct TreeWriting: Sendable {
    let web: WebOfFiles
    let carried: CarriedNames
    let build: String
    let place: OutputPlace
    let manifestName: String
    let components: Components
    let editing: FileEditing
    let folder: OutputFolder
    let reading: TreeReading
    let earlier: EarlierOutput?
    let now: Int64
    let progress: @Sendable (DigestProgress) -> Void

    init(
        web: WebOfFiles, carried: CarriedNames, build: String, place: OutputPlace, hasOwnManifest: Bool, reading: TreeReading,
        earlier: EarlierOutput?, now: Int64, progress: @escaping @Sendable (DigestProgress) -> Void
    ) throws {
        self.web = web
        self.carried = carried
        self.build = build
        self.place = place
        self.reading = reading
        self.earlier = earlier
        self.now = now
        self.progress = progress
        manifestName = BuildManifest.fileNames[hasOwnManifest ? 1 : 0]
        components = Components(web.edges)
        let options = web.options
        let prefix = options.prefix.filled(build: build)
        editing = FileEditing(
            web: web, writer: AddressWriter(mode: options.mode, prefix: prefix),
            importMaps: options.usesImportMap ? ImportMapWriting(tree: web.tree, prefix: prefix) : nil)
        folder = try OutputFolder(target: place.path, process: getpid())
    }

    func run() async throws -> DigestReport {
        do {
            var finals = try await write()
            try checkCollisions(finals)
            let plain = try writePlainNames(finals)
            if web.options.compresses { try await compress(&finals) }
            var manifest = ManifestMaking(web: web, carried: carried, finals: finals, plain: plain).manifest(build: build)
            try writeOther(&manifest)
            let json = manifest.json
            try folder.write(json, to: manifestName, permissions: 0o644)
            // Before the output is in its place: with the earlier one there still, it is a memory of the input and no more.
            memory(finals, manifest: json).save(beside: place.path, through: folder.path)
            try folder.commit()
            return DigestReport(web: web, finals: finals, manifest: manifest, earlier: place.earlier?.manifest)
        } catch {
            folder.discard()
            throw error
        }
    }

    // MARK: Memory

    private func memory(_ finals: [FinalFile], manifest: [UInt8]) -> DigestMemory {
        let tree = web.tree
        var records: [FileRecord] = []
        for (index, final) in finals.enumerated() {
            let file = tree.files[index]
            guard file.stamp.changed < now - DigestMemory.clockTick, let stamp = FileStamp(at: "\(folder.path)/\(final.name)"),
                let record = FileRecord(
                    file: file, analysis: web.analyses[index], isRenamed: web.roles[index].isRenamed, final: final, outputStamp: stamp,
                    name: { tree.files[$0].name })
            else { continue }
            records.append(record)
        }
        return DigestMemory(
            signature: web.options.signature, build: build, namesDigest: DigestMemory.namesDigest(tree),
            manifestDigest: manifest.withUnsafeBytes { ContentDigest(of: $0) }, records: records)
    }

    // MARK: Plain names, collisions

    private func checkCollisions(_ finals: [FinalFile]) throws {
        var owners: [String: Int] = [:]
        for (index, final) in finals.enumerated() {
            guard let owner = owners.updateValue(index, forKey: final.name) else { continue }
            if finals[owner].digests.sha256 == final.digests.sha256 { continue }
            throw DigestFault.collision(name: final.name, files: [web.tree.files[owner].name, web.tree.files[index].name])
        }
    }

    /// Renamed files that are also there by their plain name.
    private func writePlainNames(_ finals: [FinalFile]) throws -> Set<Int> {
        guard web.options.mode == .name else { return [] }
        var plain: Set<Int> = []
        for (index, final) in finals.enumerated() where web.isNeededPlain[index] && web.roles[index].isRenamed {
            try folder.alias(final.name, as: web.tree.files[index].name)
            plain.insert(index)
        }
        return plain
    }

    /// The manifest in another tool's shape.
    private func writeOther(_ manifest: inout BuildManifest) throws {
        guard let name = web.options.manifestFormat.fileName else { return }
        if web.tree[name] != nil { throw DigestFault.collision(name: name, files: [name, "the manifest in its shape"]) }
        manifest.others = [name]
        try folder.makeFolders(for: [name])
        try folder.write(web.options.manifestFormat.json(of: manifest), to: name, permissions: 0o644)
    }
}
