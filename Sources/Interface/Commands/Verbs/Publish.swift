import AdminAPI
import ArgumentParser
import Blobs
import Files
import Manifests
import Model
import Names
import Releases
import Settings

struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store a folder as a release of a site.",
        discussion: """
            Prints the release id. The same folder always gives the same release. Its fingerprinted names answer from now on;
            its pages when it is activated.
            """)

    @Argument(help: ArgumentHelp("The folder your build writes to.", valueName: "dir"))
    var folder: String

    @OptionGroup var site: SiteOption

    @Option(name: .long, help: "A name for the release, unique in the site and not hexadecimal.")
    var label: String?

    @Flag(name: .long, help: "Move the site to it, in the configured canary steps.")
    var activate = false

    @Option(name: .long, help: ArgumentHelp("Move the site to it, starting with this share of visitors.", valueName: "share"))
    var canary: String?

    @Flag(name: .long, help: "Return when the rollout has reached 100 %.")
    var wait = false

    @Flag(name: .long, help: "It only adds names and never becomes current: for sites whose pages come from elsewhere.")
    var assets = false

    @Flag(name: .long, help: "Digest the folder first, and publish the result. Takes the options of `tandem digest`.")
    var fingerprint = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A server that answers its visitors in the place of those of the site's backend NAME; may be repeated.", valueName: "name=url"))
    var backend: [String] = []

    @OptionGroup(title: "With --fingerprint") var digest: DigestSettings
    @OptionGroup var later: LaterOptions
    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    /// What the contract has and this version lacks: said by name, since an unknown option would be taken for a typo.
    struct LaterOptions: ParsableArguments {
        @Option(name: .long, help: ArgumentHelp("Publish to a remote Tandem. Not yet available.", valueName: "url"))
        var to: String?

        @Option(name: .long, help: ArgumentHelp("The variable with its token. Not yet available.", valueName: "name"))
        var tokenEnv: String?

        func validate() throws {
            let given = [("--to", to != nil), ("--token-env", tokenEnv != nil)].first { $0.1 }
            if let given { throw ValidationError("\(given.0) is not yet available in this version: nothing was published") }
        }
    }

    func validate() throws {
        if assets, activate || canary != nil { throw ValidationError("--assets never becomes current: leave out --activate and --canary") }
        if wait, !activate, canary == nil { throw ValidationError("--wait needs --activate or --canary") }
        if let canary, Self.share(canary) == nil { throw ValidationError("--canary takes a share from 0.01% to 100%, as in 5%") }
    }

    private static func share(_ text: String) -> Share? {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
        return Share(basisPoints: Int((percent * 100).rounded()))
    }

    func run() async throws {
        let configuration = try shared.configuration()
        let name = try site.name(in: configuration)
        let backends = try ReleaseBackend.read(backend, of: name, in: configuration)
        let door = try await Door.open(configuration)
        let source = try await PublishSource(folder, digest: fingerprint ? digest.options() : nil, quiet: output.json)
        defer { source.discard() }
        let found = try Problem.stating { try Folder(source.path) }
        var work = try PublishWork(configuration: configuration, site: name, door: door, quiet: output.json)
        let release = try await work.publish(found, listed: source.listed, label: label, assets: assets, backends: backends)
        if !output.json { Terminal.print(release.id.hex) }
        var rollout: RolloutReport?
        if activate || canary != nil {
            rollout = try await door.ask(ActivateRelease(site: name, release: release.id.hex, canary: canary.flatMap(Self.share)))
        }
        try await work.encode(release)
        if wait { rollout = try await waitForWhole(door, name, release.id) }
        if output.json {
            try Terminal.json(PublishReport(release, isNew: work.isNew, rollout: rollout))
        } else if let rollout {
            for sentence in rollout.sentences { Terminal.note(sentence) }
        }
    }

    private func waitForWhole(_ door: Door, _ site: SiteName, _ id: ReleaseID) async throws -> RolloutReport {
        guard door.isServer else { throw Problem.failed("no server runs: the rollout takes no steps until one does") }
        while true {
            let report = try await door.ask(RolloutStatus(site: site))
            if report.current == id { return report }
            if report.rollout?.to != id || report.rollout?.phase.isOver == true {
                throw Problem.refused("the rollout ended before it reached 100 %: \(report.rollout?.reason ?? "superseded")")
            }
            try await ContinuousClock().sleep(for: .milliseconds(200))
        }
    }
}

/// What `publish --json` prints.
private struct PublishReport: Encodable {
    var id: String
    var isNew: Bool
    var files: Int
    var bytes: UInt64
    var newBlobs: Int
    var names: [String: Int]
    var demoted: [String]
    var rollout: RolloutReport?

    init(_ release: Publisher.Prepared, isNew: Bool, rollout: RolloutReport?) {
        id = release.id.hex
        self.isNew = isNew
        files = release.entries.count
        bytes = release.contentBytes
        newBlobs = release.newBlobs
        names = Dictionary(grouping: release.entries, by: \.nameClass.word).mapValues(\.count)
        demoted = release.demoted
        self.rollout = rollout
    }
}
