import AdminAPI
import ArgumentParser
import Model
import Settings

struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "What proxy routes keep: figures, one entry, and taking it away.",
        subcommands: [Stats.self, InspectEntry.self, Purge.self], defaultSubcommand: Stats.self)

    /// A path alone is kept under no name, and purging it would do nothing.
    private static func check(_ url: String) throws {
        let lower = url.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lower.hasPrefix), let next = lower.dropFirst(scheme.count).first,
            !"/?#".contains(next)
        else { throw Problem.usage("\(url) is no URL with a host: write http://host/path") }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How much is kept, and what the guard has found.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let answer = try await Door.open(shared.configuration()).ask(ReportCache())
            if output.json { return try Terminal.json(answer) }
            Terminal.print("on disk    \(answer.objects) responses, \(answer.bytes) of \(answer.capacity)")
            Terminal.print("in memory  \(answer.memoryObjects) responses, \(answer.memoryBytes)")
            Terminal.print("requests   \(Self.words(answer.requests))")
            Terminal.print("since start  \(answer.stored) stored, \(answer.renewed) renewed, \(answer.evicted) evicted")
            Terminal.print(
                "guard  \(answer.guardProven) proven, \(answer.guardMismatches) mismatches, \(answer.guardProvisional) provisional, "
                    + "\(answer.guardChanges) of these changed, \(answer.guardRefused) refused")
        }

        /// `90 % answered from it: 812 hit, 3 stale; 91 miss, 2 bypass`
        private static func words(_ requests: [String: UInt64]) -> String {
            let total = requests.values.reduce(0, +)
            guard total > 0 else { return "none yet" }
            let own = ["hit", "stale", "revalidated", "collapsed"]
            func counted(_ names: [String]) -> String {
                names.compactMap { name in requests[name].map { "\($0) \(name)" } }.joined(separator: ", ")
            }
            let answered = own.compactMap { requests[$0] }.reduce(0, +)
            let parts = [counted(own), counted(["miss", "bypass"])].filter { !$0.isEmpty }
            return "\(total), \(answered * 100 / total) % answered from it: " + parts.joined(separator: "; ")
        }
    }

    struct InspectEntry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "inspect", abstract: "What is kept under a URL.")
        @Argument(help: ArgumentHelp("The URL as clients ask for it.", valueName: "url"))
        var url: String

        @Option(name: .long, help: ArgumentHelp("A request header, `Name: value`, for what varies; may be repeated.", valueName: "header"))
        var header: [String] = []

        @Option(name: .long, help: ArgumentHelp("Kept of that release's own servers (publish --backend).", valueName: "release"))
        var release: String?
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let configuration = try shared.configuration()
            try CacheCommand.check(url)
            let door = try await Door.open(configuration)
            var id: ReleaseID?
            if let release { id = try await door.ask(FindRelease(site: site.name(in: configuration), release: release)).record.id }
            let answer = try await door.ask(InspectCache(url: url, headers: header, release: id))
            if output.json { return try Terminal.json(answer) }
            let releases = answer.releases ?? []
            let others = "kept of servers of \(releases.map(\.short).joined(separator: ", ")): see --release"
            guard let entry = answer.entry else {
                if answer.hasVariants { return Terminal.print("kept for other requests only: see its Vary") }
                return Terminal.print(releases.isEmpty ? "nothing is kept under it" : others)
            }
            if !releases.isEmpty { Terminal.print("also \(others)") }
            Terminal.print("\(entry.status), \(entry.bytes), sha256 \(entry.digest.hex)")
            let freshness = entry.remaining >= 0 ? "fresh for \(entry.remaining) s more" : "stale for \(-entry.remaining) s"
            Terminal.print("\(entry.age) s old, \(entry.isMarkedStale ? "to be validated (soft purge)" : freshness)")
            if entry.isProvisional { Terminal.print("provisional: the name says a digest that cannot be proven") }
            if !entry.tags.isEmpty { Terminal.print("tags  \(entry.tags.joined(separator: ", "))") }
            for field in entry.fields { Terminal.print(field) }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use nothing any more that was kept until now.",
            discussion: "Takes effect at once here, and within a second in generations that drain.")

        @Option(name: .long, help: ArgumentHelp("A URL with all its variants; may be repeated.", valueName: "url"))
        var url: [String] = []

        @Option(name: .long, help: ArgumentHelp("What an origin or the configuration tagged so; may be repeated.", valueName: "tag"))
        var tag: [String] = []

        @Option(name: .long, help: ArgumentHelp("All of a site; with --release: whose release it is.", valueName: "site"))
        var site: String?

        @Option(
            name: .long,
            help: ArgumentHelp("All that came from a release's own servers (publish --backend); may be repeated.", valueName: "release"))
        var release: [String] = []

        @Flag(name: .long, help: "Keep it, and validate it before it is used again.")
        var soft = false
        @OptionGroup var shared: SharedOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let configuration = try shared.configuration()
            try url.forEach(CacheCommand.check)
            if url.isEmpty, tag.isEmpty, site == nil, release.isEmpty {
                throw Problem.usage("say what: --url, --tag, --site or --release")
            }
            let name = try site.map { text in
                guard let name = SiteName(text), configuration.sites.contains(where: { $0.name == name }) else {
                    throw Problem.usage("there is no site \(text)")
                }
                return name
            }
            let door = try await Door.open(configuration)
            var scope = SiteOption()
            scope.site = site
            var releases: [ReleaseID] = []
            for one in release {
                releases.append(try await door.ask(FindRelease(site: scope.name(in: configuration), release: one)).record.id)
            }
            let answer = try await door.ask(
                PurgeCache(urls: url, tags: tag, site: release.isEmpty ? name : nil, releases: releases, isSoft: soft))
            if output.json { return try Terminal.json(answer) }
            Terminal.print(soft ? "marked: validated before it is used again" : "purged")
        }
    }
}
