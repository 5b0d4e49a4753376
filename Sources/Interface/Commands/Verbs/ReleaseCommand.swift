import AdminAPI
import ArgumentParser
import Blobs
import Manifests
import Model
import Releases
import Settings

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Act on a site's releases.",
        discussion: "A release is named by its id, a unique prefix of 12 or more digits, or its label.",
        subcommands: [
            List.self, Show.self, Diff.self, Activate.self, Rollback.self, Retire.self, Protect.self, Unprotect.self, Revoke.self,
            Export.self,
        ], defaultSubcommand: List.self)

    struct List: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Every release that is not removed, newest first.")
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ListReleases { ListReleases(site: site) }

        func show(_ releases: [ReleaseReport]) {
            if releases.isEmpty { return Terminal.print("no releases yet: tandem publish DIR --activate") }
            var table = TextTable("RELEASE", "STATE", "PUBLISHED", "FILES", "SIZE", "LAST NEEDED", "LABEL")
            for release in releases {
                let record = release.record
                table.add(
                    record.id.short, record.state.rawValue + (record.isProtected ? " *" : ""), record.publishedAt.description,
                    "\(record.fileCount)", ByteCount(record.contentBytes).description, release.lastNeededAt?.description ?? "-",
                    record.label ?? "")
            }
            Terminal.print(table.text)
        }
    }

    struct Show: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "One release: its state, ages and names by class.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> FindRelease { FindRelease(site: site, release: release) }

        func show(_ report: ReleaseReport) {
            let record = report.record
            Terminal.print(record.id.hex)
            Terminal.print(
                "state        \(record.state.rawValue)\(record.isProtected ? ", protected" : "")\(record.wasRejected ? ", was rolled back or aborted" : "")"
            )
            if let label = record.label { Terminal.print("label        \(label)") }
            Terminal.print("published    \(record.publishedAt)\(record.republishedAt.map { ", again \($0)" } ?? "")")
            switch (record.state, record.currentAt, record.leftAt) {
            case (.current, let since?, _): Terminal.print("current      since \(since)")
            case (_, let since?, let left?): Terminal.print("current      from \(since) to \(left)")
            case (_, nil, let left?): Terminal.print("canary       until \(left)")
            default: break
            }
            if let at = report.lastNeededAt { Terminal.print("last needed  \(at)") }
            Terminal.print("content      \(record.fileCount) files, \(ByteCount(record.contentBytes))")
            for backend in record.backends ?? [] { Terminal.print("backend      \(backend.name) → \(backend.url)") }
            if record.hasServiceWorker { Terminal.print("caches       registers a service worker: its names stay for maximum_age") }
            for nameClass in NameClass.allCases.reversed() {
                if let count = report.names[nameClass.word], count > 0 { Terminal.print("names        \(count) \(nameClass.word)") }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What changes for a visitor between two releases.")
        @Argument(help: "The earlier release.") var old: String
        @Argument(help: "The later release.") var new: String
        @OptionGroup var scope: SiteScope

        func run() async throws {
            let configuration = try scope.shared.configuration()
            let name = try scope.site.name(in: configuration)
            let door = try await Door.open(configuration)
            let before = try await door.ask(FindRelease(site: name, release: old)).record.id
            let after = try await door.ask(FindRelease(site: name, release: new)).record.id
            let directory = try door.directory(configuration)
            let diff = try Problem.stating {
                let target = try Manifest.open(path: directory.manifestPath(after), id: after)
                return ReleaseDiff(
                    from: try Manifest.open(path: directory.manifestPath(before), id: before), to: target,
                    encodings: Encodings(path: directory.encodingsPath(after), manifest: target))
            }
            if scope.output.json { return try Terminal.json(diff) }
            for change in diff.added { Terminal.print("+ \(change.name)  \(ByteCount(change.newSize ?? 0))") }
            for change in diff.changed {
                Terminal.print("~ \(change.name)  \(ByteCount(change.oldSize ?? 0)) → \(ByteCount(change.newSize ?? 0))")
            }
            for change in diff.gone { Terminal.print("- \(change.name)") }
            Terminal.note(
                "\(diff.added.count) added, \(diff.changed.count) changed, \(diff.gone.count) gone, \(diff.sameCount) the same; "
                    + "\(ByteCount(diff.newBytes)) new, \(ByteCount(diff.newBytesEncoded)) as sent")
        }
    }

    struct Activate: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Move the site to a release, in the configured canary steps.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActivateRelease { ActivateRelease(site: site, release: release, canary: nil) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Rollback: SiteVerb {
        static let configuration = CommandConfiguration(
            abstract: "Go back at once.",
            discussion: "Without a release: to the latest that was current before and was not itself rolled back or aborted.")
        @Argument(help: "The release.") var release: String?
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> RollBack { RollBack(site: site, release: release) }
        func show(_ report: RolloutReport) { RolloutCommand.print(report) }
    }

    struct Retire: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "End a drain now.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRelease { ActOnRelease(site: site, release: release, act: .retire) }
        func show(_ done: Done) { Terminal.print(done.message) }
    }

    struct Protect: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Never remove it by retention.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRelease { ActOnRelease(site: site, release: release, act: .protect) }
        func show(_ done: Done) { Terminal.print(done.message) }
    }

    struct Unprotect: SiteVerb {
        static let configuration = CommandConfiguration(abstract: "Let retention remove it again.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRelease { ActOnRelease(site: site, release: release, act: .unprotect) }
        func show(_ done: Done) { Terminal.print(done.message) }
    }

    struct Revoke: SiteVerb {
        static let configuration = CommandConfiguration(
            abstract: "At once: names that no other release has answer 410.",
            discussion: "For a leaked key or a takedown. Refused for the current release.")
        @Argument(help: "The release.") var release: String
        @OptionGroup var scope: SiteScope

        func operation(on site: SiteName) -> ActOnRelease { ActOnRelease(site: site, release: release, act: .revoke) }
        func show(_ done: Done) { Terminal.print(done.message) }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a release back into a folder, byte for byte.")
        @Argument(help: "The release.") var release: String
        @Argument(help: "A new or empty folder.") var target: String
        @OptionGroup var site: SiteOption
        @OptionGroup var shared: SharedOptions

        func run() async throws {
            let configuration = try shared.configuration()
            let door = try await Door.open(configuration)
            let record = try await door.ask(FindRelease(site: site.name(in: configuration), release: release)).record
            try Problem.stating { try ReleaseExport(directory: door.directory(configuration)).run(record.id, to: target) }
            Terminal.note("\(record.fileCount) files, \(ByteCount(record.contentBytes)) in \(target)")
        }
    }
}
