/// What signals and `tandem stop` ask of a node, decided as a value (`contract.md`, Signals).
///
/// ```
///  serving ── QUIT ──▶ stopping, patient ── TERM ──▶ stopping ── TERM ──▶ stopping now
///     │                                                 ▲                      ▲
///     ├──────────────── TERM, `tandem stop` ────────────┘                      │
///     └─────────────────────────────── INT, from everywhere ──────────────────┘
/// ```
/// What asks for less haste than there is already changes nothing.
package struct StopMachine: Sendable {
    package enum Wish: Sendable {
        /// `TERM`.
        case terminate
        /// `QUIT`.
        case quit
        /// `tandem stop`: like `TERM`, but a second one only waits.
        case stop
        /// `INT`.
        case interrupt
    }

    package enum Action: Hashable, Sendable {
        case nothing
        /// Everything that runs may finish within that time, counted from now.
        case stop(within: Duration)
        case stopNow
    }

    private enum State {
        case serving, stoppingPatiently, stopping, stoppingNow
    }

    private var state = State.serving
    package var isStopping: Bool { state != .serving }
    private let patient: Duration
    private let usual: Duration

    /// - Parameters:
    ///   - usual: how long everything may take after `TERM`.
    ///   - patient: after `QUIT`.
    package init(usual: Duration, patient: Duration) {
        self.usual = usual
        self.patient = patient
    }

    package mutating func take(_ wish: Wish) -> Action {
        switch (wish, state) {
        case (_, .stoppingNow):
            return .nothing
        case (.interrupt, _), (.terminate, .stopping):
            state = .stoppingNow
            return .stopNow
        case (.terminate, _), (.stop, .serving):
            state = .stopping
            return .stop(within: usual)
        case (.quit, .serving):
            state = .stoppingPatiently
            return .stop(within: patient)
        case (.quit, _), (.stop, _):
            return .nothing
        }
    }
}
