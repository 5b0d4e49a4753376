import Logging
import Model
import Rollouts
import ServiceLifecycle
import Snapshots
import State

/// Keeps every loop on the content state: builds a snapshot when asked, hands it out, and says when all loops serve from it.
///
/// Wishes that come while one is handed out are answered together by the next, which begins after them.
actor SnapshotKeeper: Service {
    private var builder: SnapshotBuilder
    private let controller: RolloutController
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private var fleet: Fleet?
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation
    private var isStopping = false
    private var isOver = false

    /// A publish that has not been heard of for so long has died.
    static let publishPatience = Duration.seconds(60)

    init(builder: SnapshotBuilder, controller: RolloutController, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.builder = builder
        self.controller = controller
        self.logger = logger
        self.now = now
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The snapshot a fleet begins with; asked again it is of that moment.
    func first() throws -> Snapshot { try build() }

    func serve(through fleet: Fleet) { self.fleet = fleet }

    /// Returns when every loop serves a snapshot that was built after this call.
    func follow() async {
        // Nobody serves any more.
        if isOver { return }
        await withCheckedContinuation { continuation in
            waiting.append(continuation)
            wish.yield()
        }
    }

    /// The node stops: returns when health answers 503 on every loop.
    func stop() async {
        isStopping = true
        await follow()
    }

    func run() async throws {
        for await _ in wishes.cancelOnGracefulShutdown() {
            let asking = waiting
            waiting = []
            do {
                let snapshot = try build()
                await fleet?.publish(snapshot)
            } catch {
                // The last snapshot goes on being served for as long as the state is away.
                logger.error("the content state cannot be read: \(error)")
            }
            for continuation in asking { continuation.resume() }
        }
        isOver = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    private func build() throws -> Snapshot {
        let open = try controller.database.openPublishes(now: now(), staleAfter: Self.publishPatience)
        return try builder.build(
            { try controller.content($0) }, arriving: Set(open.map(\.site)), isStopping: isStopping)
    }
}
