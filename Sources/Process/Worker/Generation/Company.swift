import Handover
import Synchronization

/// The other generations that live, as this one knows them: how many, and whether they serve what it has changed.
final class Company: Sendable {
    private struct State {
        var others = 0
        var waiting: [(version: Int, done: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    /// One that hangs is not waited for: it looks at the state itself when it goes on.
    private static let patience = Duration.milliseconds(500)

    var isThere: Bool { state.withLock { $0.others > 0 } }

    func set(_ others: Int) { state.withLock { $0.others = others } }

    /// Returns when every other generation serves this version of the content state, or after half a second.
    func follow(_ version: Int, _ link: SupervisorLink) async {
        guard isThere, !link.isOrphan else { return }
        await withTaskGroup { group in
            group.addTask {
                await withCheckedContinuation { done in
                    self.state.withLock { $0.waiting.append((version, done)) }
                    link.say(.changed(version: version))
                }
            }
            group.addTask {
                do { try await ContinuousClock().sleep(for: Self.patience) } catch { return }
                self.followed(version)
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// They serve it.
    func followed(_ version: Int) {
        let done = state.withLock { state in
            defer { state.waiting.removeAll { $0.version <= version } }
            return state.waiting.filter { $0.version <= version }
        }
        for one in done { one.done.resume() }
    }
}
