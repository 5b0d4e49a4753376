import AdminAPI
import ArgumentParser
import Glibc
import Releases
import Settings

/// `tandem`: parses what was typed, runs the verb, and turns an error once into words and an exit code (`contract.md`).
package struct TandemCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "A web server for releases that overlap.",
        discussion: """
            Serves the old and the new version of a site side by side until nobody needs the old one.

              tandem serve ./dist                     serve a build, no configuration needed
              tandem publish ./dist --activate        move to the next build without anyone noticing
              tandem rollout watch                    follow the three phases

            Exit codes: 0 done, 1 failed, 2 usage, 3 invalid configuration, 4 refused by a rule, 5 deferred.
            """,
        version: TandemVersion.text,
        subcommands: [
            Serve.self, Check.self, DigestCommand.self, Publish.self, ReleaseCommand.self, RolloutCommand.self, Explain.self,
            Status.self, Stop.self, Collect.self, Inspect.self, ConfigCommand.self,
        ])

    package init() {}

    /// Runs the process's arguments and ends the process.
    package static func run() async -> Never {
        do {
            try checkVerb(CommandLine.arguments.dropFirst().first)
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Glibc.exit(0)
        } catch {
            Glibc.exit(report(error))
        }
    }

    /// Verbs of the contract that come with their parts.
    private static let later: Set = ["dataset", "cache", "node", "reload", "upgrade"]

    /// A mistyped verb would else be told as arguments too many.
    private static func checkVerb(_ word: String?) throws {
        guard let word, !word.hasPrefix("-") else { return }
        let verbs = configuration.subcommands.map { $0._commandName } + ["help"]
        if verbs.contains(word) { return }
        if later.contains(word) { throw Problem.usage("\(word) is not yet available in this version\nSee `tandem --help` for what is.") }
        throw Problem.usage("there is no command \(word)\(Nearest.hint(for: word, among: verbs))\nSee `tandem --help`.")
    }

    /// Says what is wrong on standard error. Help and version are no errors.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let problem as Problem:
            Terminal.error(problem.detail)
            return problem.exit.rawValue
        case let faults as ConfigurationFaults:
            Terminal.note(faults.description)
            Terminal.error(
                "the configuration has \(faults.faults.count == 1 ? "a fault" : "\(faults.faults.count) faults"): nothing was changed")
            return Problem.Exit.configuration.rawValue
        case let quiet as QuietExit:
            return quiet.code
        default:
            let code = exitCode(for: error)
            if code == .success {
                Terminal.print(fullMessage(for: error))
                return 0
            }
            if code == .validationFailure {
                let message = fullMessage(for: error)
                Terminal.error(message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)
                return Problem.Exit.usage.rawValue
            }
            Terminal.error("\(error)")
            return Problem.Exit.failed.rawValue
        }
    }
}

/// Ends a command whose output has said everything already.
struct QuietExit: Error {
    var code: Int32
}

package enum TandemVersion {
    package static let text = "0.1.0"
}
