import HTTPEngine
import Model
import Serving
import Snapshots
import Synchronization

/// The event loops of this process, one a thread, all serving the same snapshot.
///
/// `publish` returns when every loop has taken the new snapshot: so a snapshot that points to names is handed out only after
/// one that has them is everywhere, and no loop ever serves a page whose names another loop lacks.
package final class Fleet: Sendable {
    private let threads: [EngineThread]
    private let last: Mutex<Snapshot>

    /// - Parameters:
    ///   - sockets: listening sockets; each loop accepts on its own duplicate.
    ///   - count: how many loops.
    ///   - failure: called when a loop could not begin.
    package init(
        sockets: [ListeningSocket], count: Int, limits: EngineLimits, snapshot: Snapshot, counters: CounterBox,
        options: SiteServer.Options, failure: @escaping @Sendable (EngineError) -> Void
    ) throws(EngineError) {
        last = Mutex(snapshot)
        var started: [EngineThread] = []
        for _ in 0..<count {
            started.append(
                try EngineThread(
                    sockets: sockets, limits: limits,
                    makeHandler: { loop in
                        SiteServer(
                            loop: loop, snapshot: snapshot, counters: counters, options: options,
                            randomBucket: { Int.random(in: 0..<10_000) })
                    }, failure: failure))
        }
        threads = started
    }

    package var snapshot: Snapshot { last.withLock { $0 } }

    /// Hands the snapshot to every loop and returns when all of them serve from it. Cost: one wake-up a loop.
    package func publish(_ snapshot: Snapshot) async {
        last.withLock { $0 = snapshot }
        await withCheckedContinuation { continuation in
            let acknowledgements = Acknowledgements(expected: threads.count) { continuation.resume() }
            for thread in threads {
                thread.mailbox.post { loop in
                    (loop.handler as? SiteServer)?.follow(snapshot)
                    acknowledgements.one()
                }
            }
        }
    }

    /// Stops accepting and ends every loop when its last connection has gone, or after `grace`. Blocks.
    package func stop(grace: Duration) {
        for thread in threads { thread.stop(grace: grace) }
        for thread in threads { thread.join() }
    }
}

/// Calls back when the last one has answered.
private final class Acknowledgements: Sendable {
    private let missing: Mutex<Int>
    private let whenAll: @Sendable () -> Void

    init(expected: Int, whenAll: @escaping @Sendable () -> Void) {
        missing = Mutex(expected)
        self.whenAll = whenAll
    }

    func one() {
        let left = missing.withLock { count in
            count -= 1
            return count
        }
        if left == 0 { whenAll() }
    }
}
