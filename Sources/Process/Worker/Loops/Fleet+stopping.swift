import HTTPEngine
import Synchronization

/// How a fleet ends (`processes.md`, Drain). When the node stops:
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
        if isClosing { for thread in threads { thread.stop(grace: grace, lasting: grace) } }
    }

    /// From now on each connection closes after its next answer.
    func beginDraining() {
        for thread in threads { thread.mailbox.post { $0.beginDraining() } }
    }

    /// Ends every loop; the first call counts. Without an earlier `endWithin` everything is cut off at once.
    /// - Parameters:
    ///   - notice: how long new connections are still taken while somebody is connected.
    ///   - lasting: WebSockets and event streams are told to end by then.
    ///   - close: gives the listening sockets up; called when no loop accepts on them any more.
    /// - Returns: how many connections were cut off.
    package func stop(notice: Duration, lasting: Duration = .seconds(300), close: @escaping @Sendable () -> Void) async -> Int {
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
        await ask { $0.stop(grace: grace, lasting: lasting, closed: $1) }
        close()
        await ended.value()
        for thread in threads { thread.join() }
        return cut.value
    }

    /// Ends every loop as its connections finish: another generation has the listening sockets, and accepts what is queued.
    /// - Parameters:
    ///   - limits: how long each kind of connection may go on.
    ///   - close: as for `stop`.
    /// - Returns: how many connections were cut off.
    package func retire(_ limits: DrainLimits, close: @Sendable () async -> Void) async -> Int {
        ending.withLock { $0.isClosing = true }
        await ask { $0.drain(limits, closed: $1) }
        await close()
        // The node may have been told to stop meanwhile.
        if let deadline = ending.withLock({ $0.deadline }) { endWithin(max(deadline - .now, .zero)) }
        await ended.value()
        for thread in threads { thread.join() }
        return cut.value
    }

    /// What the loops hold now.
    func census() async -> ConnectionCensus {
        let shared = SharedCensus()
        await ask { thread, answered in
            thread.mailbox.post { loop in
                shared.add(loop.census())
                answered()
            }
        }
        return shared.value
    }

    private var deadline: ContinuousClock.Instant { ending.withLock { $0.deadline } ?? .now }

    private func connectionCount() async -> Int {
        let counted = SharedCount()
        await ask { thread, answered in
            thread.mailbox.post { loop in
                counted.add(loop.connectionCount)
                answered()
            }
        }
        return counted.value
    }
}

private final class SharedCensus: Sendable {
    private let sum = Mutex(ConnectionCensus())

    var value: ConnectionCensus { sum.withLock { $0 } }

    func add(_ census: ConnectionCensus) { sum.withLock { $0.add(census) } }
}

/// A sum over loops.
final class SharedCount: Sendable {
    private let sum = Mutex(0)

    var value: Int { sum.withLock { $0 } }

    func add(_ count: Int) { sum.withLock { $0 += count } }
}
