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
    /// What is known of the end: when everything is cut off, and whether the loops know it.
    struct Ending {
        var deadline: ContinuousClock.Instant?
        var isClosing = false
    }

    let threads: [EngineThread]
    let ending = Mutex(Ending())
    /// Connections that were cut off.
    let cut = SharedCount()
    /// Every loop has ended.
    let ended: Countdown
    /// By thread: its loop has ended. Those of a generation that drains end one after the other.
    private let ends: [Countdown]
    private let last: Mutex<Snapshot>

    /// - Parameters:
    ///   - entrances: where to accept; each loop accepts on its own duplicates.
    ///   - count: how many loops for plain listeners, and how many for those with TLS.
    ///   - failure: called when a loop could not begin.
    package init(
        entrances: Entrances, count: Int, limits: EngineLimits, snapshot: Snapshot, counters: CounterBox,
        options: SiteServer.Options, failure: @escaping @Sendable (EngineError) -> Void
    ) throws(EngineError) {
        last = Mutex(snapshot)
        let (cut, ended) = (cut, Countdown(count * entrances.kinds + entrances.redirects.count))
        self.ended = ended
        var ends: [Countdown] = []
        func onEnd() -> @Sendable (Int) -> Void {
            let end = Countdown(1)
            ends.append(end)
            return { count in
                cut.add(count)
                end.one()
                ended.one()
            }
        }
        var started: [EngineThread] = []
        for group in [entrances.plain, entrances.secure] where !group.isEmpty {
            for _ in 0..<count {
                started.append(
                    try EngineThread(
                        entrances: group, limits: limits, seed: UInt64(started.count),
                        makeHandler: { loop in
                            SiteServer(
                                loop: loop, snapshot: snapshot, counters: counters, options: options,
                                randomBucket: { Int.random(in: 0..<10_000) })
                        }, failure: failure, ended: onEnd()))
            }
        }
        for redirect in entrances.redirects {
            started.append(
                try EngineThread(
                    entrances: [redirect.entrance], limits: limits,
                    makeHandler: { SecureRedirect(loop: $0, snapshot: snapshot, port: redirect.port, options: options) },
                    failure: failure, ended: onEnd()))
        }
        threads = started
        self.ends = ends
    }

    package var snapshot: Snapshot { last.withLock { $0 } }

    /// Hands the snapshot to every loop and returns when all of them serve from it. Cost: one wake-up a loop.
    package func publish(_ snapshot: Snapshot) async {
        last.withLock { $0 = snapshot }
        await ask { thread, taken in
            thread.mailbox.post { loop in
                (loop.handler as? any SnapshotFollower)?.follow(snapshot)
                taken()
            }
        }
    }

    /// Returns when each loop has answered, or has ended: then it never will.
    func ask(_ post: (EngineThread, @escaping @Sendable () -> Void) -> Void) async {
        let answers = Countdown(threads.count)
        var watched: [(end: Countdown, number: Int?)] = []
        for (thread, end) in zip(threads, ends) {
            let answer = Countdown(1)
            answer.whenZero { answers.one() }
            watched.append((end, end.whenZero { answer.giveUp() }))
            post(thread) { answer.one() }
        }
        await answers.value()
        for (end, number) in watched { end.forget(number) }
    }
}
