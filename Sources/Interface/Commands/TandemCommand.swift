import AdminAPI
import ArgumentParser
import Dispatch
import Glibc
import Releases
import Settings
import Supervision

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
            CacheCommand.self,
            Status.self, Reload.self, Upgrade.self, Stop.self, Collect.self, Inspect.self, ConfigCommand.self, WorkerCommand.self,
        ])

    package init() {}

    /// Runs the process's arguments and ends the process. Must be called on its first thread: the supervisor is to be the only
    /// one of its process.
    package static func start() -> Never {
        do {
            try checkVerb(CommandLine.arguments.dropFirst().first)
            let command = try parseAsRoot()
            if let blocking = command as? any BlockingCommand { Glibc.exit(try blocking.runBlocking()) }
            // The process is its owner: it ends with it.
            Task { await run(command) }
            dispatchMain()
        } catch {
            Glibc.exit(report(error))
        }
    }

    private static func run(_ command: any ParsableCommand) async -> Never {
        var command = command
        do {
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
    private static let later: Set = ["dataset", "cache", "node"]

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
        if let quiet = error as? QuietExit { return quiet.code }
        if exitCode(for: error) == .success {
            Terminal.print(fullMessage(for: error))
            return 0
        }
        let words = words(for: error)
        let faults = words.text.split(separator: "\n").count { $0.contains(": error: ") }
        if words.code == Problem.Exit.configuration.rawValue, faults > 0 {
            Terminal.note(words.text)
            Terminal.error("the configuration has \(faults == 1 ? "a fault" : "\(faults) faults"): nothing was changed")
        } else {
            Terminal.error(words.text)
        }
        return words.code
    }

    /// An error as the exit code and words of `contract.md`; those of a faulty configuration are one fault a line.
    static func words(for error: any Error) -> (code: Int32, text: String) {
        switch error {
        case let problem as Problem: return (problem.exit.rawValue, problem.detail)
        case let refusal as Refusal: return (Int32(truncatingIfNeeded: refusal.exit), refusal.text)
        case let faults as ConfigurationFaults: return (Problem.Exit.configuration.rawValue, faults.description)
        default:
            guard exitCode(for: error) == .validationFailure else { return (Problem.Exit.failed.rawValue, "\(error)") }
            let message = fullMessage(for: error)
            return (Problem.Exit.usage.rawValue, message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)
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
