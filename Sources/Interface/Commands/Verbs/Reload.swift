import AdminAPI
import ArgumentParser
import Handover
import Settings

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running server read its configuration anew, without closing a connection.",
        discussion: """
            A copy of the configuration and its certificates is validated first: exit code 3 with each fault at its place, and the
            running server is untouched. Then a new generation serves, and the old one finishes what it holds (see `drain:`).
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() throws { try Change.run(.reload, shared, output) }
}

struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running server become the binary that stands at its path now, without closing a connection.",
        discussion: """
            The new binary serves as a generation first; only then the supervisor becomes it, with the same process id. A binary that
            does not serve is refused, and the running server is untouched. The configuration is read anew.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() throws { try Change.run(.upgrade, shared, output) }
}

private enum Change {
    private struct Outcome: Encodable {
        var outcome: String
    }

    static func run(_ wish: Wish, _ shared: SharedOptions, _ output: JSONOption) throws {
        // A file with faults is told here, without asking: the server would only say the same.
        guard let client = ControlClient(try shared.configuration()) else {
            throw Problem.failed("no server answers: nothing to \(wish == .reload ? "reload" : "upgrade")\nStart one with `tandem serve`.")
        }
        guard case .done(let text) = try client.ask(wish) else { throw Problem.failed("the supervisor gave another answer: see its log") }
        if output.json { try Terminal.json(Outcome(outcome: text)) } else { Terminal.print(text) }
    }
}
