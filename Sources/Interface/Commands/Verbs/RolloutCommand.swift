import AdminAPI
import ArgumentParser
import Model

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "The three phases of a move to another release: see, step, pause, undo, follow.",
        subcommands: [Show.self, Advance.self, Hold.self, Resume.self, Abort.self, Watch.self], defaultSubcommand: Show.self)

    struct Show: SiteVerb {
        static let configuration = CommandConfiguration(commandName: "status", abstract: "Where the rollout stands and what it waits for.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> RolloutStatus { RolloutStatus(site: site) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Advance: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Take the next step now.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRollout { ActOnRollout(site: site, act: .advance) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Hold: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Stay at this step, or in this drain, until resume.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRollout { ActOnRollout(site: site, act: .hold) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Resume: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Go on after a hold.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRollout { ActOnRollout(site: site, act: .resume) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Abort: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "The release before is current again, the new one drains.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRollout { ActOnRollout(site: site, act: .abort) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow the rollout until it is over.", discussion: "Prints events as they come, one line each.")

        @OptionGroup var scope: SiteScope

        func run() async throws {
            let configuration = try scope.shared.configuration()
            let name = try scope.site.name(in: configuration)
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
                    if scope.output.json { try Terminal.json(event) } else { Terminal.print(Self.line(event)) }
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
