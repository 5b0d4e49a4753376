import Handover

/// One worker process as its supervisor sees it.
///
/// ```
///  loading ── ready ──▶ starting ── started ──▶ serving ──▶ draining ──▶ (ended)
///     └────────────────────┴──── exits, or its time is over: it never served
/// ```
package struct Generation: Hashable, Sendable {
    package enum Phase: UInt8, Sendable, CaseIterable {
        case loading = 1
        case starting, serving, draining, stopping

        var word: String {
            switch self {
            case .loading: "loading"
            case .starting: "starting"
            case .serving: "serving"
            case .draining: "draining"
            case .stopping: "stopping"
            }
        }
    }

    package var number: Int
    package var edition: Edition
    package var phase = Phase.loading
    /// When it was spawned.
    package var since: Duration
    /// When it is ended by force: it does not serve by then, or does not end.
    var deadline: Duration?
    package var process = 0
    package var figures = Figures()
    /// Why it said it cannot go on.
    var refusal: Refusal?
    var isKilled = false

    init(number: Int, edition: Edition, now: Duration) {
        self.number = number
        self.edition = edition
        since = now
        deadline = now + edition.policy.readyTimeout
    }

    var hasServed: Bool { phase != .loading && phase != .starting }

    func report(now: Duration) -> GenerationReport {
        GenerationReport(
            number: number, process: process, state: phase.word, hash: edition.hash, ageSeconds: (now - since).milliseconds / 1000,
            figures: figures)
    }
}

/// Why something was not done: the exit code and the words of whoever asked.
package struct Refusal: Error, Hashable, Sendable {
    package var exit: Int
    package var text: String

    package init(exit: Int, text: String) {
        self.exit = exit
        self.text = text
    }

    /// Exit code 1.
    package static func failed(_ text: String) -> Refusal { Refusal(exit: 1, text: text) }

    var reply: Reply { .refused(exit: exit, text: text) }
}

/// How a process ended.
package enum Ending: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// - Parameter status: of `waitpid`.
    package init(status: Int32) {
        self = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: status & 0x7f)
    }

    package var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}
