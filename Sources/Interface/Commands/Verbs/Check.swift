import AdminAPI
import ArgumentParser
import Blobs
import Settings
import Worker

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate the configuration: keys, values, certificates, paths, addresses.",
        discussion: "Prints FILE:LINE:COLUMN: error: … for each fault and exits 3. With a server running, addresses in use are not tried.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let (configuration, file) = try shared.located()
        let faults = Node.fileFaults(configuration)
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        try Problem.stating { _ = try DataDirectory.open(configuration.data) }
        if !AdminClient.isAnswering(configuration.adminSocket) {
            try Listeners.tryOpening(configuration)
        }
        Terminal.print("\(file ?? "no configuration file: the defaults over \(configuration.data)"): fine")
    }
}
