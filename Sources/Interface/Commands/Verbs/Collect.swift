import AdminAPI
import ArgumentParser
import Model

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what nothing refers to.",
        discussion: "Can run while serving and publishing. What is younger than an hour stays: it may belong to a publish.")

    @Flag(name: .long, help: "Only say what would go.")
    var dryRun = false
    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let answer = try await Door.open(shared.configuration()).ask(CollectGarbage(isDryRun: dryRun))
        if output.json { return try Terminal.json(answer) }
        Terminal.print(
            "\(answer.isDryRun ? "would remove" : "removed") \(answer.blobs) blobs, \(ByteCount(answer.bytes)), and \(answer.releases.count) manifests"
        )
    }
}
