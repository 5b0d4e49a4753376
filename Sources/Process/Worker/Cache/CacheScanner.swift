import Caching
import Glibc
import Model
import Synchronization

/// Looks through the folder of a cache, beside everything else: when a generation begins, and when something was purged, whose bytes are
/// wanted back. Never twice at once.
final class CacheScanner: Sendable {
    private struct State {
        /// Also for the pause behind one.
        var isRunning = false
        /// Once more, since something has happened meanwhile.
        var isWanted = false
    }

    /// Between two of them: who purges with every edit does not have a large folder read again and again.
    private static let pauseSeconds: UInt32 = 60

    private let cache: SharedCache
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(_ cache: SharedCache, now: @escaping @Sendable () -> Timestamp) { (self.cache, self.now) = (cache, now) }

    func scan() {
        let isRunning = state.withLock { state in
            defer { (state.isWanted, state.isRunning) = (true, true) }
            return state.isRunning
        }
        if !isRunning, !start() { state.withLock { $0 = State() } }
    }

    /// On a thread of its own: it waits for the disk.
    /// - Returns: whether it has begun.
    private func start() -> Bool {
        var identity = pthread_t()
        let held = Unmanaged.passRetained(self)
        let code = pthread_create(
            &identity, nil,
            { raw in
                if let raw { Unmanaged<CacheScanner>.fromOpaque(raw).takeRetainedValue().work() }
                return nil
            }, held.toOpaque())
        if code != 0 {
            held.release()
            return false
        }
        pthread_detach(identity)
        return true
    }

    private func work() {
        while true {
            let goesOn = state.withLock { state in
                defer { (state.isRunning, state.isWanted) = (state.isWanted, false) }
                return state.isWanted
            }
            guard goesOn else { return }
            cache.scan(now: now())
            sleep(Self.pauseSeconds)
        }
    }
}
