import Logging
import Model
import Releases
import ServiceLifecycle
import State

/// Frees the bytes of what was removed, in the background.
struct CollectionService: Service {
    let collection: Collection
    let database: StateDatabase
    let logger: Logger
    let now: @Sendable () -> Timestamp

    func run() async throws {
        for await _ in Ticks(every: .seconds(5)).cancelOnGracefulShutdown() {
            do {
                try await cancelWhenGracefulShutdown { try await turn() }
            } catch is CancellationError {
                return
            } catch {
                // Bytes stay a while longer; nothing that serves depends on it.
                logger.warning("gc: \(error)")
            }
        }
    }

    private func turn() async throws {
        let isPublishing = try !database.openPublishes(now: now(), staleAfter: SnapshotKeeper.publishPatience).isEmpty
        let jitter = Double.random(in: 0..<1)
        guard let outcome = try await collection.turn(now: now(), isPublishing: isPublishing, jitter: jitter) else { return }
        let isNews = outcome.blobs > 0 || !outcome.manifests.isEmpty
        logger.log(
            level: isNews ? .info : .debug,
            "gc: removed \(outcome.blobs) blobs, \(ByteCount(outcome.bytes)), and \(outcome.manifests.count) manifests")
    }
}
