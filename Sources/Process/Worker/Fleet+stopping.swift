import HTTPEngine
import Synchronization

/// How a fleet ends (`processes.md`, Drain, for the one process there is).
///
/// ```
///  notice: answers close their connections, health says 503, new connections are taken, idle ones kept
///     │ nobody is connected, or `notice` is over, or the deadline has come
///     ▼
///  closing: what is queued is accepted, the listening sockets close (new connections are refused from here on),
///     │     idle connections close, the others finish
///     ▼
///  over: every loop has ended, at the deadline at the latest
/// ```
extension Fleet {
    /// The deadline of the stop that comes or goes on: it can only come nearer.
    package func endWithin(_ grace: Duration) {
        let isClosing = ending.withLock { ending in
            ending.deadline = min(ending.deadline ?? .now + grace, .now + grace)
            return ending.isClosing
        }
        if isClosing { for thread in threads { thread.stop(grace: grace) } }
    }

    /// From now on each connection closes after its next answer.
    func beginDraining() {
        for thread in threads { thread.mailbox.post { $0.beginDraining() } }
    }

    /// Ends every loop; the first call counts. Without an earlier `endWithin` everything is cut off at once.
    /// - Parameters:
    ///   - notice: how long new connections are still taken while somebody is connected.
    ///   - close: gives the listening sockets up; called when no loop accepts on them any more.
    /// - Returns: how many connections were cut off.
    package func stop(notice: Duration, close: @escaping @Sendable () -> Void) async -> Int {
        let clock = ContinuousClock()
        let noticeEnd = clock.now + notice
        beginDraining()
        while clock.now < min(noticeEnd, deadline), await connectionCount() > 0 {
            do { try await clock.sleep(for: .milliseconds(20)) } catch { break }
        }
        let grace = ending.withLock { ending in
            ending.isClosing = true
            return max((ending.deadline ?? clock.now) - clock.now, .zero)
        }
        await ask { closed in
            for thread in threads { thread.stop(grace: grace, closed: closed) }
        }
        close()
        await ended.value()
        for thread in threads { thread.join() }
        return cut.value
    }

    private var deadline: ContinuousClock.Instant { ending.withLock { $0.deadline } ?? .now }

    private func connectionCount() async -> Int {
        let counted = SharedCount()
        await ask { answered in
            for thread in threads {
                thread.mailbox.post { loop in
                    counted.add(loop.connectionCount)
                    answered()
                }
            }
        }
        return counted.value
    }
}

/// A sum over loops.
final class SharedCount: Sendable {
    private let sum = Mutex(0)

    var value: Int { sum.withLock { $0 } }

    func add(_ count: Int) { sum.withLock { $0 += count } }
}
