import AdminAPI
import ArgumentParser
import Fingerprinting
import Foundation
import Model

struct DigestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Give a build names that follow its content, and references that follow the names.",
        discussion: """
            Reads IN, writes OUT: files renamed after their content, every reference to them rewritten, encodings beside them,
            and OUT/manifest.json for templates. The same input gives the same output on any machine; its own output stays as
            it is. Pages, feeds, service workers, robots.txt, favicon.ico, .well-known and downloads keep their names.

              tandem digest dist public                          app.js becomes app-<16 digits>.js
              tandem digest dist public --mode query             app.js?<digest>
              tandem digest dist public --url-prefix https://cdn.example/
            """)

    @Argument(help: ArgumentHelp("The folder your build writes to; it is only read.", valueName: "in"))
    var input: String

    @Argument(help: ArgumentHelp("The folder to write; replaced as a whole when it is done.", valueName: "out"))
    var folder: String

    @OptionGroup var settings: DigestSettings
    @OptionGroup var output: JSONOption

    func run() async throws {
        let work = DigestWork(options: try settings.options(), quiet: output.json)
        let begun = ContinuousClock.now
        let report = try await work.digest(from: input, to: folder, previous: settings.previous)
        let seconds =
            Double((ContinuousClock.now - begun).components.seconds) + Double((ContinuousClock.now - begun).components.attoseconds) / 1e18
        if output.json {
            try Terminal.json(DigestJSON(report, seconds: seconds))
        } else {
            Terminal.print(DigestSummary(report: report, seconds: seconds).text)
        }
    }
}

/// How a digest is asked for, by `digest` and by `publish --fingerprint`.
struct DigestSettings: ParsableArguments {
    @Option(name: .long, help: "Where the digest goes: name (app-<digest>.js), query (app.js?<digest>) or none.")
    var mode: DigestOptions.Mode = .name

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How files are called: [name] [digest] [digest:N] [ext] (default: [name]-[digest:16].[ext]).", valueName: "format"))
    var nameFormat: String?

    @Option(name: .long, help: "The hash in names: sha256 or md5.")
    var hash: DigestOptions.Hash = .sha256

    @Option(
        name: .long, help: ArgumentHelp("Where assets are served from: a path or https://…; may hold {build} and {node}.", valueName: "url")
    )
    var urlPrefix: String?

    @Option(name: .long, help: ArgumentHelp("Files that keep their name, as in 'legacy/**' or '*.json' (repeatable).", valueName: "glob"))
    var keep: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Pages to rename like assets, as in 'modules/**' (repeatable).", valueName: "glob"))
    var rename: [String] = []

    @Option(name: .long, help: "What a reference to nothing is: error or warn.")
    var missing: DigestOptions.Missing = .error

    @Flag(name: .long, help: "Write integrity (sha384) where pages load scripts and styles; one that is there is always corrected.")
    var integrity = false

    @Flag(name: .long, help: "Let modules find each other through an import map in the page: a changed module renames itself alone.")
    var importMap = false

    @Flag(name: .long, inversion: .prefixedNo, help: "Write .br, .zst and .gz beside what they save enough on.")
    var compress = true

    @Option(name: .long, help: "Whether renamed files are there by their plain names, too: auto, keep or drop.")
    var plainNames: DigestOptions.PlainNames = .auto

    @Option(
        name: .long,
        help: ArgumentHelp("An earlier output: what did not change is taken from it (default: what OUT holds).", valueName: "dir"))
    var previous: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A manifest in another shape, too: vite, webpack, rails, django or phoenix.", valueName: "format"))
    var manifestFormat: ManifestFormat = .tandem

    @Option(name: .long, help: .hidden)
    var threads: Int?

    func options() throws -> DigestOptions {
        var options = DigestOptions()
        options.mode = mode
        do {
            if let nameFormat { options.format = try NameFormat(nameFormat) }
            if let urlPrefix { options.prefix = try AddressPrefix(urlPrefix) }
        } catch {
            throw Problem.usage("\(error)")
        }
        options.hash = hash
        options.keep = keep.map { Glob($0) }
        options.rename = rename.map { Glob($0) }
        options.missing = missing
        options.insertsIntegrity = integrity
        options.usesImportMap = importMap
        options.compresses = compress
        options.plainNames = plainNames
        options.manifestFormat = manifestFormat
        options.threads = max(threads ?? ProcessInfo.processInfo.activeProcessorCount, 1)
        return options
    }
}

extension ManifestFormat: ExpressibleByArgument {}
extension DigestOptions.Mode: ExpressibleByArgument {}
extension DigestOptions.Hash: ExpressibleByArgument {}
extension DigestOptions.Missing: ExpressibleByArgument {}
extension DigestOptions.PlainNames: ExpressibleByArgument {}
