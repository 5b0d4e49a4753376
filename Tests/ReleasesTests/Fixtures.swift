import Blobs
import Files
import Foundation
import Glibc
import Manifests
import Model
import Names
import State

@testable import Releases

let shop = SiteName.default

/// Seconds after a moment in the future of every file that a test writes.
func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: Int64(time(nil)) * 1000 + seconds * 1000) }

/// A folder that goes away with the test.
final class Place: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "tandem-releases-\(UUID().uuidString)").path
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) -> String {
        let target = "\(path)/\(name)"
        let folder = (target as NSString).deletingLastPathComponent
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try! Data(text.utf8).write(to: URL(filePath: target))
        return target
    }

    /// Writes a site of these files.
    func site(_ files: [String: String], in folder: String = "site") -> String {
        try! FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        for (name, text) in files { write("\(folder)/\(name)", text) }
        return "\(path)/\(folder)"
    }

    func link(_ name: String, to target: String) {
        let folder = ("\(path)/\(name)" as NSString).deletingLastPathComponent
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try! FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }
}

func digest(_ text: String) -> ContentDigest { Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) } }

/// A name that proves its content.
func proven(_ stem: String, _ text: String, _ ext: String = "js") -> String { "\(stem)-\(digest(text).hex.prefix(16)).\(ext)" }

/// A store of its own, with a state in memory or on disk.
final class Bench {
    let place = Place()
    let directory: DataDirectory
    let store: ReleaseStore

    init(onDisk: Bool = false) throws {
        directory = try DataDirectory.open("\(place.path)/data")
        let database = onDisk ? try StateDatabase(path: directory.statePath) : try StateDatabase.inMemory()
        store = ReleaseStore(directory: directory, database: database)
    }

    func prepare(_ folder: String, publish: String = "p", declared: [String] = []) async throws -> Publisher.Prepared {
        try await Publisher(directory: directory, threads: 2).prepare(
            try Folder(folder), publish: publish, declared: try DeclaredPatterns(declared), beside: readable(), progress: { _ in })
    }

    /// What a publish compares with; a damaged manifest is left to the commit, which knows whether it is the release's own.
    private func readable() throws -> [Manifest] {
        try store.database.releases(shop).filter { $0.state.answersNames }.compactMap { try? store.manifest($0.id) }
    }

    func claim(_ prepared: Publisher.Prepared, label: String? = nil, publish: String? = nil, assets: Bool = false) -> ReleaseStore.Claim {
        ReleaseStore.Claim(
            site: shop, id: prepared.id, label: label, isAssetsOnly: assets, hasServiceWorker: prepared.hasServiceWorker, encodings: [],
            publish: publish)
    }

    /// Publishes a site of these files.
    @discardableResult
    func publish(_ files: [String: String], label: String? = nil, declared: [String] = [], now: Timestamp = at(0)) async throws -> ReleaseID
    {
        let folder = place.site(files, in: "site-\(UUID().uuidString)")
        let prepared = try await prepare(folder, declared: declared)
        return try store.commit(claim(prepared, label: label), now: now).record.id
    }

    func encode(_ id: ReleaseID) async throws -> Int {
        let manifest = try store.manifest(id)
        let sources = (0..<manifest.count).map { manifest.content(at: $0) }
        let tasks = Encoder.missing(manifest, recorded: try store.database.encodings(for: sources))
        let store = store
        try await Encoder(directory: directory, threads: 2).run(
            tasks, staging: "encode", progress: { _ in }, record: { try store.add($0, to: id) })
        return tasks.count
    }

    func collect(after seconds: Int64, dryRun: Bool = false) throws -> Collector.Outcome {
        try Collector(store: store).run(now: at(seconds), isDryRun: dryRun)
    }

    func inspect() throws -> Inspector.Report { try Inspector(store: store).run(progress: { _ in }) }

    func move(_ id: ReleaseID, to states: ReleaseState...) throws {
        for state in states {
            try store.database.transition(
                shop, id, to: state,
                event: Event(at: at(0), site: shop, release: id, kind: state.rawValue, actor: "operator", reason: "test"))
        }
    }

    var blobs: Set<ContentDigest> {
        var found: Set<ContentDigest> = []
        try! directory.blobs.forEach { blob, _, _ in found.insert(blob) }
        return found
    }

    /// Turns one bit of a file around.
    func damage(_ path: String, at offset: Int = 0) {
        var bytes = Array(FileManager.default.contents(atPath: path)!)
        bytes[offset % bytes.count] ^= 1
        try! Data(bytes).write(to: URL(filePath: path))
    }
}
