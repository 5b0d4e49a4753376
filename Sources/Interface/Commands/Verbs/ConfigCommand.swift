import ArgumentParser
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration's schema, and the configuration in force.",
        subcommands: [Schema.self, Show.self])

    struct Schema: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The JSON Schema of the configuration file, for editors.")

        func run() async throws { Terminal.print(Configuration.jsonSchema) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every key with its value in force; secrets are masked.")
        @OptionGroup var shared: SharedOptions

        func run() async throws { Terminal.print(try shared.configuration().effectiveYAML) }
    }
}
