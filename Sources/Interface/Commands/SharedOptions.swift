import AdminAPI
import ArgumentParser
import Foundation
import Model
import Settings

/// What every command takes.
struct SharedOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp("The configuration file (default: ./tandem.yaml, then /etc/tandem/tandem.yaml).", valueName: "file"))
    var config: String?

    /// The configuration the command works with: the file, or without any the defaults over `./.tandem`.
    func configuration() throws -> Configuration {
        try located().configuration
    }

    /// The configuration and the file it came from; nil: no file.
    func located() throws -> (configuration: Configuration, file: String?) {
        guard let file = file() else { return (Configuration.withoutFile(), nil) }
        return (try Self.load(file), file)
    }

    /// The file that is named or stands where it is looked for; nil: none.
    func file() -> String? {
        config ?? ["tandem.yaml", "/etc/tandem/tandem.yaml"].first { FileManager.default.fileExists(atPath: $0) }
    }

    static func load(_ path: String) throws -> Configuration {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(
                .configuration, status: 400,
                "cannot read the configuration \(path)\nName another with -c, or leave it out to use ./.tandem.")
        }
        return try Configuration.load(yaml: Array(data), file: path, environment: ProcessInfo.processInfo.environment)
    }
}

struct SiteOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The site (default: the only one there is).", valueName: "site"))
    var site: String?

    /// The site meant: by name, or the only one of the configuration.
    func name(in configuration: Configuration) throws -> SiteName {
        if let site {
            guard let name = SiteName(site), configuration.site(name) != nil else {
                let known = configuration.sites.map(\.name.text).joined(separator: ", ")
                throw Problem.usage("the configuration has no site \(site)\nIt has: \(known).")
            }
            return name
        }
        guard configuration.sites.count == 1, let only = configuration.sites.first else {
            let known = configuration.sites.map(\.name.text).joined(separator: ", ")
            throw Problem.usage("the configuration has several sites: say which with --site\nIt has: \(known).")
        }
        return only.name
    }
}

struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, with ids whole.")
    var json = false
}

/// What every verb on one site takes.
struct SiteScope: ParsableArguments {
    @OptionGroup var site: SiteOption
    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption
}
