import Admin
import Blobs
import Logging
import Manifests
import Model
import Releases
import ServiceLifecycle
import State

/// Finishes the encodings that a publish left: of `serve DIR`, which does not wait for them, and of commands that were killed.
///
/// A command that still makes a release's encodings is heard of at least once a minute; until it falls silent its release is
/// left alone. One core at most is used, and gzip comes first.
struct EncodingService: Service {
    let store: ReleaseStore
    let desk: AdminDesk
    let logger: Logger
    let startedAt: Timestamp
    let now: @Sendable () -> Timestamp
    let follow: @Sendable () async -> Void

    private static let patience = Duration.seconds(60)

    func run() async throws {
        var finished: Set<ReleaseID> = []
        for await _ in Ticks(every: .seconds(2)).cancelOnGracefulShutdown() {
            do {
                for release in try store.database.releases() where release.state.answersNames && !finished.contains(release.id) {
                    guard await isLeftAlone(release) else { continue }
                    try await cancelWhenGracefulShutdown { try await finish(release.id) }
                    finished.insert(release.id)
                }
            } catch is CancellationError {
                return
            } catch {
                // Serving does without; the next turn tries again.
                logger.warning("encodings could not be made: \(error)")
            }
        }
    }

    private func isLeftAlone(_ release: ReleaseRecord) async -> Bool {
        if let heardOf = await desk.encodingsAddedAt(release.id) { return now() - heardOf > Self.patience }
        return release.offeredAt < startedAt || now() - release.offeredAt > Self.patience
    }

    private func finish(_ id: ReleaseID) async throws {
        let manifest = try store.manifest(id)
        for codings in [[Coding.gzip], [.zstd, .brotli]] {
            let sources = Set((0..<manifest.count).map { manifest.content(at: $0) })
            let tasks = Encoder.missing(manifest, recorded: try store.database.encodings(for: Array(sources)), among: codings)
            if tasks.isEmpty { continue }
            try await Encoder(directory: store.directory, threads: 1).run(
                tasks, staging: "encode-node", progress: { _ in },
                record: { batch in
                    try Task.checkCancellation()
                    try store.add(batch, to: id)
                    await follow()
                })
        }
    }
}
