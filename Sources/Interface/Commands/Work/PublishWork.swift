import Admin
import AdminAPI
import Blobs
import Files
import Fingerprinting
import Foundation
import Manifests
import Model
import Names
import Releases
import Settings

/// The steps of a publish, as the command and `serve DIR` take them: the bytes go into the store from here, and whoever owns
/// the state makes the release.
struct PublishWork {
    let configuration: Configuration
    let site: SiteName
    let door: Door
    let quiet: Bool
    private(set) var isNew = false
    private let bar: ProgressBar
    private let directory: DataDirectory

    init(configuration: Configuration, site: SiteName, door: Door, quiet: Bool) throws {
        self.configuration = configuration
        self.site = site
        self.door = door
        self.quiet = quiet
        directory = try Problem.stating { try door.directory(configuration) }
        bar = ProgressBar(isInteractive: Terminal.isInteractive && !quiet)
    }

    private var threads: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Stores the folder and makes it a release.
    mutating func publish(_ folder: Folder, listed: ListedNames = .none, label: String?, assets: Bool, backends: [ReleaseBackend] = [])
        async throws -> Publisher.Prepared
    {
        let open = try await door.ask(BeginPublish(site: site)).publish
        do {
            let prepared = try await prepare(folder, listed: listed, publish: open)
            let answer = try await door.ask(
                CommitRelease(
                    site: site, release: prepared.id, publish: open, label: label, isAssetsOnly: assets,
                    hasServiceWorker: prepared.hasServiceWorker, encodings: prepared.encodings,
                    backends: backends.isEmpty ? nil : backends))
            isNew = answer.isNew
            report(prepared)
            if !isNew, !quiet {
                Terminal.note("already published: nothing was added" + (backends.isEmpty ? "" : "; its backends are now these"))
            }
            return prepared
        } catch {
            bar.finish()
            // Nobody is to wait for names that will not come. When the server has gone it finds out by itself.
            _ = try? await door.ask(TouchPublish(site: site, publish: open, isOver: true))
            throw error
        }
    }

    private func prepare(_ folder: Folder, listed: ListedNames, publish: String) async throws -> Publisher.Prepared {
        let patterns = try Problem.stating { try DeclaredPatterns(configuration.site(site)?.fingerprints.patterns ?? []) }
        let releases = try await door.ask(ListReleases(site: site)).map(\.record).filter { $0.state.answersNames }
        // One that cannot be opened may be the very one this publish mends; the commit looks at all the others again.
        let others = releases.compactMap { try? Manifest.open(path: directory.manifestPath($0.id), id: $0.id) }
        let wantsPreloads = configuration.site(site)?.documents.preload ?? .off != .off
        let preloads = try Problem.stating {
            wantsPreloads ? try PreloadLists(folder, manifest: BuildManifest.inFolder(folder.root)).fields : [:]
        }
        let publisher = Publisher(directory: directory, threads: threads)
        let display = ProgressDisplay(bar)
        return try await Problem.stating {
            try await Self.keepingOpen(publish, site: site, door: door) {
                try await publisher.prepare(
                    folder, publish: publish, declared: patterns, listed: listed, preloads: preloads, beside: others,
                    progress: { display.show($0) })
            }
        }
    }

    /// Says every few seconds that the publish goes on, for as long as `body` runs.
    private static func keepingOpen<Value: Sendable>(
        _ publish: String, site: SiteName, door: Door, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while !Task.isCancelled {
                    try await ContinuousClock().sleep(for: .seconds(10))
                    _ = try await door.ask(TouchPublish(site: site, publish: publish, isOver: false))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let finished { return finished }
            }
            throw CancellationError()
        }
    }

    private func report(_ prepared: Publisher.Prepared) {
        bar.finish()
        if quiet { return }
        let counts = Dictionary(grouping: prepared.entries, by: \.nameClass).mapValues(\.count)
        let names = NameClass.allCases.reversed().compactMap { nameClass in counts[nameClass].map { "\($0) \(nameClass.word)" } }
        Terminal.note(
            "\(prepared.entries.count) files, \(ByteCount(prepared.contentBytes)), \(prepared.newBlobs) new; names: \(names.joined(separator: ", "))"
        )
        for name in prepared.demoted.prefix(5) {
            Terminal.note("warning: \(name) differs between releases, so it is served as a document")
        }
        if prepared.demoted.count > 5 { Terminal.note("warning: and \(prepared.demoted.count - 5) more names") }
    }

    /// Makes the encodings that no earlier release had; the release is out already.
    func encode(_ release: Publisher.Prepared) async throws {
        let manifest = try Problem.stating { try Manifest.open(path: directory.manifestPath(release.id), id: release.id) }
        let recorded = try await door.ask(ListEncodings(site: site, release: release.id))
        // Quick ones first: with gzip in place nobody is served large while brotli takes its time.
        for codings in [[Coding.gzip], [.zstd, .brotli]] {
            let tasks = Encoder.missing(manifest, recorded: recorded, among: codings)
            if tasks.isEmpty { continue }
            let display = ProgressDisplay(bar)
            let (door, site) = (door, site)
            try await Encoder(directory: directory, threads: threads).run(
                tasks, staging: "encode-\(ProcessInfo.processInfo.processIdentifier)", progress: { display.show($0) },
                record: { batch in _ = try await door.ask(AddEncodings(site: site, release: release.id, encodings: batch)) })
        }
        bar.finish()
    }
}

/// Shows progress that comes from several threads.
// The bar is used by one thread at a time, under the lock: hence unchecked.
final class ProgressDisplay: @unchecked Sendable {
    private let bar: ProgressBar
    private let lock = NSLock()

    init(_ bar: ProgressBar) {
        self.bar = bar
    }

    func finish() { lock.withLock { bar.finish() } }

    func show(_ progress: PublishProgress) {
        lock.withLock {
            bar.show(
                stage: progress.stage == .reading ? "reading and storing" : "compressing", fraction: progress.fraction,
                detail: "\(progress.files)/\(progress.of) files, \(ByteCount(progress.bytes)) of \(ByteCount(progress.ofBytes))")
        }
    }
}
