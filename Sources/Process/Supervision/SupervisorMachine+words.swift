import Handover

// What it is told, and what it says.
extension SupervisorMachine {
    package enum ChangeKind: UInt8, Sendable, CaseIterable {
        case reload = 1
        case upgrade
        /// Back to the binary from before an upgrade that crashed: nobody asks for it.
        case restore

        /// What its worker runs.
        var binary: Binary {
            switch self {
            case .reload: .own
            case .upgrade: .new
            case .restore: .previous
            }
        }
    }

    package enum Binary: Hashable, Sendable {
        /// This very image, also when its file was replaced meanwhile.
        case own
        /// What stands at its path now.
        case new
        /// What this process was before the last upgrade.
        case previous
    }

    package enum SignalWish: Sendable {
        case reload, upgrade, reopenLogs, terminate, quit, interrupt
    }

    package enum Level: Sendable {
        case info, notice, warning, error
    }

    /// What a service manager is told.
    package enum ServiceState: Hashable, Sendable {
        case ready, reloading, stopping
    }

    package enum Event: Sendable {
        /// The first edition.
        case begin(Edition)
        /// A worker whose supervisor died has given itself into our hands; before `begin`.
        case adopted(Orphan)
        case signal(SignalWish)
        /// From a command, by the number of its connection.
        case wish(Wish, asker: Int)
        case prepared(Result<Edition, Refusal>)
        case spawned(generation: Int, process: Int)
        case notSpawned(generation: Int, reason: String)
        case word(generation: Int, Word)
        case ended(generation: Int, Ending)
        /// The image could not be replaced.
        case notExecuted(reason: String)
        /// Time has passed.
        case time
    }

    package enum Action: Hashable, Sendable {
        /// Copy the configuration, validate the copy in a child, bind what is new; for an upgrade ask the new binary first.
        case prepare(ChangeKind)
        case spawn(generation: Int, edition: Int, binary: Binary, isAlone: Bool)
        case order(generation: Int, Order)
        case kill(generation: Int)
        /// Only this edition's addresses are listened on.
        case settle(edition: Int)
        /// Close what was bound for this edition.
        case discard(edition: Int)
        /// New connections are the workers' affair from here on.
        case closeSockets
        case answer(askers: [Int], Reply)
        /// Replace the image by another.
        case execute(Binary)
        case log(Level, String)
        case tell(ServiceState)
        case exit(Int32)
        /// The first worker could not begin: the process ends, and says why.
        case fail(Refusal)
    }

    struct Change: Hashable, Sendable {
        enum Stage: Hashable, Sendable {
            case preparing
            /// Waits for an old generation to end.
            case waiting(Edition)
            case replacing(generation: Int)
            /// It serves: those before have to say, by then, that they accept no more.
            case closing(generation: Int, others: Set<Int>, by: Duration)
            case executing
        }

        var kind: ChangeKind
        var askers: [Int]
        var stage = Stage.preparing
    }

    /// A change that has to prove itself.
    struct Probation: Hashable, Sendable {
        var fallback: Edition
        /// The binary is new too.
        var isUpgrade = false
        var crashes = 0
    }
}
