import AdminAPI
import ArgumentParser
import Foundation

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a request for a URL would meet, and why.",
        discussion: "The same code answers requests: site, route, release and how it was chosen, class of the name, fields of the answer.")

    @Argument(help: ArgumentHelp("The URL, as a browser would ask for it.", valueName: "url"))
    var url: String

    @Option(name: .long, help: ArgumentHelp("A request header, `Name: value`; may be repeated.", valueName: "header"))
    var header: [String] = []

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        // A URL parser would mend what an attacker or a broken page sends: the target is taken as written.
        guard let scheme = url.range(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound].lowercased()) else {
            throw Problem.usage("\(url) is no URL with a host: write http://host/path")
        }
        let rest = url[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        guard !rest[..<end].isEmpty else { throw Problem.usage("\(url) has no host") }
        let withoutFragment = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? target
        let answer = try await Door.open(shared.configuration()).ask(
            ExplainRequest(
                host: String(rest[..<end]), target: withoutFragment, headers: header,
                isSecure: url[..<scheme.lowerBound].lowercased() == "https"))
        if output.json { return try Terminal.json(answer) }
        let width = answer.steps.map(\.subject.count).max() ?? 0
        for step in answer.steps {
            Terminal.print(Terminal.bold(step.subject.padding(toLength: width + 2, withPad: " ", startingAt: 0)) + step.finding)
        }
        if answer.status > 0 { Terminal.print("\n\(answer.status)") }
        for field in answer.fields { Terminal.print(field) }
    }
}
