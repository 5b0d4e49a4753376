import Admin
import AdminAPI
import ArgumentParser
import Model

/// A verb that asks the control plane one thing about one site and shows the answer, as words or as JSON.
protocol SiteVerb: AsyncParsableCommand {
    associatedtype Operation: DeskOperation

    var scope: SiteScope { get }
    func operation(on site: SiteName) -> Operation
    /// Prints the answer for a person.
    func show(_ answer: Operation.Answer)
}

extension SiteVerb {
    func run() async throws {
        let configuration = try scope.shared.configuration()
        let answer = try await Door.open(configuration).ask(operation(on: scope.site.name(in: configuration)))
        if scope.output.json { return try Terminal.json(answer) }
        show(answer)
    }
}
