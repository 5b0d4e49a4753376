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
        /// `HUP` and `USR2`: their answer comes with the supervisor.
        case reload, upgrade
        /// `USR1`.
        case reopenLogs
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
        /// Nothing changes; the sentence says why.
        case refuse(String)
        case reopenLogs
        /// Everything that runs may finish within that time, counted from now.
        case stop(within: Duration)
        case stopNow
    }

    private enum State {
        case serving, stoppingPatiently, stopping, stoppingNow
    }

    private var state = State.serving
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
        case (.reload, _):
            return .refuse("HUP: reload is not available in this version: nothing changed. Restart to use another configuration.")
        case (.upgrade, _):
            return .refuse("USR2: upgrade is not available in this version: nothing changed. Restart to use another binary.")
        case (.reopenLogs, _):
            return .reopenLogs
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
