import AdminAPI
import ArgumentParser
import Model

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "The three phases of a move to another release: see, step, pause, undo, follow.",
        subcommands: [Show.self, Advance.self, Hold.self, Resume.self, Abort.self, Watch.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "status", abstract: "Where the rollout stands and what it waits for.")

        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let configuration = try shared.configuration()
            let report = try await Door.open(configuration).ask(RolloutStatus(site: site.name(in: configuration)))
            if output.json { return try Terminal.json(report) }
            RolloutCommand.print(report)
        }
    }

    struct Advance: RolloutAct {
        static let configuration = CommandConfiguration(abstract: "Take the next step now.")
        static let act = ActOnRollout.Act.advance
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption
    }

    struct Hold: RolloutAct {
        static let configuration = CommandConfiguration(abstract: "Stay at this step, or in this drain, until resume.")
        static let act = ActOnRollout.Act.hold
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption
    }

    struct Resume: RolloutAct {
        static let configuration = CommandConfiguration(abstract: "Go on after a hold.")
        static let act = ActOnRollout.Act.resume
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption
    }

    struct Abort: RolloutAct {
        static let configuration = CommandConfiguration(abstract: "The release before is current again, the new one drains.")
        static let act = ActOnRollout.Act.abort
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow the rollout until it is over.", discussion: "Prints events as they come, one line each.")

        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let configuration = try shared.configuration()
            let name = try site.name(in: configuration)
            let door = try await Door.open(configuration)
            guard door.isServer else {
                throw Problem.failed("no server runs: nothing moves that could be watched\nStart one with `tandem serve`.")
            }
            var report = try await door.ask(RolloutStatus(site: name))
            let begin = report.rollout?.startedAt ?? Timestamp(milliseconds: 0)
            var last: Int64 = 0
            while true {
                for event in try await door.ask(ListEvents(site: name, after: last)) {
                    last = max(last, event.number)
                    if event.at < begin { continue }
                    if output.json { try Terminal.json(event) } else { Terminal.print(Self.line(event)) }
                }
                report = try await door.ask(RolloutStatus(site: name))
                if report.rollout?.phase.isOver ?? true, report.draining.isEmpty { return }
                try await ContinuousClock().sleep(for: .milliseconds(500))
            }
        }

        private static func line(_ event: Event) -> String {
            let release = event.release.map { " \($0)" } ?? ""
            return "\(event.at)  \(event.kind)\(release)  \(event.reason)"
        }
    }

    static func print(_ report: RolloutReport) {
        if let rollout = report.rollout {
            let isHeld = rollout.isHeld && !rollout.phase.isOver
            Terminal.print(Terminal.bold("\(rollout.phase.rawValue)\(isHeld ? ", held" : "")") + ": \(rollout.reason)")
        }
        for sentence in report.sentences { Terminal.print("  \(sentence)") }
        for drain in report.draining where !drain.names.isEmpty {
            Terminal.print("  still asked of \(drain.release):")
            for name in drain.names.suffix(8) { Terminal.print("    \(name)") }
        }
    }
}

/// A verb on the running rollout.
protocol RolloutAct: AsyncParsableCommand {
    static var act: ActOnRollout.Act { get }
    var site: SiteOption { get }
    var shared: SharedOptions { get }
    var output: JSONOption { get }
}

extension RolloutAct {
    func run() async throws {
        let configuration = try shared.configuration()
        let report = try await Door.open(configuration).ask(ActOnRollout(site: site.name(in: configuration), act: Self.act))
        if output.json { return try Terminal.json(report) }
        RolloutCommand.print(report)
    }
}
