import AdminAPI
import ArgumentParser
import Model
import Settings

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One screen: the server, its connections, its sites and their rollouts.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = try shared.configuration()
        guard AdminClient.isAnswering(configuration.adminSocket) else {
            throw Problem.failed("no server answers on \(configuration.adminSocket)\nStart one with `tandem serve`.")
        }
        let report = try await AdminClient(socketPath: configuration.adminSocket).ask(NodeStatus())
        if output.json { return try Terminal.json(report) }
        Terminal.print("tandem \(report.version), process \(report.process), since \(report.startedAt)")
        Terminal.print("listening on \(report.listening.joined(separator: ", "))")
        Terminal.print("\(report.connections) connections, \(report.requests) requests")
        for site in report.sites {
            Terminal.print("\n\(Terminal.bold(site.site.text))")
            for sentence in site.sentences { Terminal.print("  \(sentence)") }
        }
    }
}
