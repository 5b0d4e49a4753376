import Synchronization

/// Lets tasks wait for threads: so many have to say something.
final class Countdown: Sendable {
    private struct State {
        var left: Int
        var waiting: [Int: @Sendable () -> Void] = [:]
        var asked = 0
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(left: count))
    }

    func one() { subtract { $0 - 1 } }

    /// Nobody is waited for any longer.
    func giveUp() { subtract { _ in 0 } }

    private func subtract(_ next: (Int) -> Int) {
        let due = state.withLock { state in
            guard state.left > 0 else { return [@Sendable () -> Void]() }
            state.left = next(state.left)
            guard state.left == 0 else { return [] }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for act in due { act() }
    }

    /// Calls `act` at zero, at once if it has come.
    /// - Returns: what `forget` takes.
    @discardableResult
    func whenZero(_ act: @escaping @Sendable () -> Void) -> Int? {
        let number: Int? = state.withLock { state in
            guard state.left > 0 else { return nil }
            state.asked += 1
            state.waiting[state.asked] = act
            return state.asked
        }
        if number == nil { act() }
        return number
    }

    func forget(_ number: Int?) {
        guard let number else { return }
        state.withLock { $0.waiting[number] = nil }
    }

    /// Returns at zero.
    func value() async {
        await withCheckedContinuation { continuation in whenZero { continuation.resume() } }
    }
}
