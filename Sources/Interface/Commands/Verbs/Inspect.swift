import AdminAPI
import ArgumentParser
import Blobs
import Model
import Releases
import Settings
import State

struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Prove that every byte stored is what its name says.",
        discussion:
            "Re-reads everything, sets damaged blobs aside under quarantine/, and mends what can be made again. Exits 1 when something is left to do."
    )

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = try shared.configuration()
        let report = try Problem.stating {
            let directory = try DataDirectory.open(configuration.data)
            // Beside a running server: blobs are immutable and the state is read in transactions.
            if !AdminClient.isAnswering(configuration.adminSocket) { try directory.lock() }
            let store = ReleaseStore(directory: directory, database: try StateDatabase(path: directory.statePath))
            let display = ProgressDisplay(ProgressBar(isInteractive: Terminal.isInteractive && !output.json))
            defer { display.finish() }
            return try Inspector(store: store).run(progress: { display.show($0) })
        }
        if output.json {
            try Terminal.json(report)
        } else {
            for finding in report.findings {
                Terminal.print("\(finding.kind.rawValue) \(finding.subject): \(finding.detail)\(finding.repair.map { " (\($0))" } ?? "")")
            }
            Terminal.print(
                "\(counted(report.blobs, "blob")), \(ByteCount(report.bytes)), \(counted(report.releases, "release")): "
                    + (report.findings.isEmpty ? "clean" : report.isClean ? "mended" : "not clean"))
        }
        if !report.isClean { throw QuietExit(code: Problem.Exit.failed.rawValue) }
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
