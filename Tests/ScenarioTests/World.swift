import Blobs
import Glibc
import Logging
import Model
import Releases
import Rollouts
import Snapshots
import State
import TestSeeds

@testable import Worker

/// What must be true and is not.
struct Violation: Error, CustomStringConvertible {
    var scenario: String
    var what: String
    var description: String { "\(scenario): \(what)" }
}

/// One site with everything real but sockets and time: store, state, rollouts, snapshots, resolution and answers.
///
/// Beside it stand the model's own tables (`Book`): what is right is looked up there and never asked of the code under test.
/// In front stand a shared cache and browsers that keep to HTTP.
final class World {
    struct Terms {
        var canary: [Share] = [Share(basisPoints: 2000), Share(basisPoints: 6000)]
        var step = Duration.seconds(120)
        var quiet = Duration.seconds(240)
        var deadline = Duration.seconds(3600)
        /// Seconds that documents may be kept without asking; nil: `no-cache`.
        var documentSeconds: Int?
        var retention = RetentionPolicy(
            keep: 2, minimumAge: .seconds(600), maximumAge: .seconds(1200), quiet: .seconds(240))
        /// On disk, so that a kill closes and opens the file.
        var isOnDisk = false
        var sabotage: Sabotage?
    }

    struct Tab {
        var build: Int
        var page: String
        var visitor: Int
    }

    struct Visitor {
        var cookie: String?
        var browser = HTTPCache(isShared: false)
        var tab: Tab?
    }

    static let site = SiteName.default
    let library: Library
    let terms: Terms
    private(set) var database: StateDatabase
    private(set) var controller: RolloutController
    private var builder: SnapshotBuilder
    private(set) var snapshot: Snapshot
    private(set) var now = Timestamp(milliseconds: 1_800_000_000_000)
    private var observed: [ObservedNeed] = []
    private(set) var openPublish: (name: String, build: Int)?
    private var publishes = 0
    private var random: SeededGenerator
    var book = Book()
    var visitors: [Visitor]
    var shared = HTTPCache(isShared: true)
    private(set) var originRequests = 0

    init(_ library: Library, _ terms: Terms = Terms(), seed: UInt64 = 1, visitors: Int = 3) throws {
        self.library = library
        self.terms = terms
        random = SeededGenerator(seed: seed)
        self.visitors = Array(repeating: Visitor(), count: visitors)
        Self.forgetState(library)
        database = terms.isOnDisk ? try StateDatabase(path: library.directory.statePath) : try StateDatabase.inMemory()
        controller = Self.controller(database, terms)
        try controller.begin(now: now)
        builder = Self.builder(library, terms)
        snapshot = Snapshot(number: 0, sites: [], blobs: BlobReader(folder: "/nowhere"))
        try follow()
    }

    private static func forgetState(_ library: Library) {
        for suffix in ["", "-wal", "-shm"] { unlink(library.directory.statePath + suffix) }
        unlink(library.directory.unionPath(site))
    }

    private static func controller(_ database: StateDatabase, _ terms: Terms) -> RolloutController {
        let policy = RolloutPolicy(
            canary: terms.canary, step: terms.step, quiet: terms.quiet, deadline: terms.deadline,
            documentLifetime: .seconds(terms.documentSeconds ?? 0))
        return RolloutController(database, node: "node-1", policies: [site: policy], retention: [site: terms.retention])
    }

    private static func builder(_ library: Library, _ terms: Terms) -> SnapshotBuilder {
        var policy = SitePolicy()
        policy.documentCacheControl = terms.documentSeconds.map { "public, max-age=\($0)" } ?? "no-cache"
        let site = SnapshotBuilder.Site(name: site, hosts: [.any], policy: policy)
        return SnapshotBuilder(
            directory: library.directory, sites: [site], logger: Logger(label: "scenario") { _ in SwiftLogNoOpLogHandler() })
    }

    var store: ReleaseStore { ReleaseStore(directory: library.directory, database: database) }
    func id(_ build: Int) -> ReleaseID { library.builds[build].id }
    func build(of id: ReleaseID) -> Int? { library.builds.firstIndex { $0.id == id } }

    // MARK: Following

    /// The data plane follows, and the book takes down what changed, and whether it was allowed to.
    func follow(because cause: Book.Cause = .none) throws {
        let content = try controller.content(Self.site)
        try book.take(content, cause, now: now, terms: terms, build: build(of:))
        let open = try database.openPublishes(now: now, staleAfter: .seconds(60))
        snapshot = try builder.build(
            { _ in
                guard terms.sabotage == .keptLeftOut else { return content }
                var less = content
                less.releases.removeAll { $0.state == .kept }
                return less
            }, arriving: Set(open.map(\.site)), isStopping: false)
    }

    // MARK: Releases

    func beginPublish(_ build: Int) throws {
        publishes += 1
        let name = "publish-\(publishes)"
        try database.beginPublish(name, site: Self.site, now: now)
        try library.store(library.builds[build], now: now)
        openPublish = (name, build)
        try follow()
    }

    func commitPublish(isAssetsOnly: Bool = false) throws {
        guard let (name, build) = openPublish else { return }
        openPublish = nil
        let claim = ReleaseStore.Claim(
            site: Self.site, id: id(build), label: nil, isAssetsOnly: isAssetsOnly, hasServiceWorker: false, encodings: [], publish: name)
        // As a publisher that takes a while: what a collection took meanwhile is put back.
        try library.store(library.builds[build], now: now)
        do {
            _ = try store.commit(claim, now: now)
            try follow(because: .published(build))
        } catch StateError.revoked {
            try database.endPublish(name)
            try follow()
        }
    }

    func publish(_ build: Int, isAssetsOnly: Bool = false) throws {
        if let open = openPublish { try database.endPublish(open.name) }
        try beginPublish(build)
        try commitPublish(isAssetsOnly: isAssetsOnly)
    }

    /// What an operator asks for; a refusal changes nothing.
    func operate(_ cause: Book.Cause, _ wish: (RolloutController) throws -> Void) throws {
        do {
            try wish(controller)
        } catch is RolloutRefusal {
            return
        }
        try follow(because: cause)
    }

    func activate(_ build: Int, from first: Share? = nil) throws {
        try operate(.operated(build)) { _ = try $0.activate(Self.site, id(build), from: first, now: now) }
    }

    func rollback() throws { try operate(.operated(nil)) { _ = try $0.rollback(Self.site, now: now) } }

    // MARK: Time

    /// Time passes as the service lives it: counts are written at least every two minutes, and what is due is done.
    func pass(_ span: Duration) throws {
        let end = now + span
        repeat {
            now = min(end, now + .seconds(120))
            try controller.observe(observed, now: now)
            observed = []
            if try !controller.tick(now: now).isEmpty { try follow(because: .time) }
        } while now < end
    }

    func expire() throws {
        // As the service does it: what was counted is written before retention is looked at.
        try controller.observe(observed, now: now)
        observed = []
        var removed = try controller.removeExpired(Self.site, now: now)
        if terms.sabotage == .removedEarly, let kept = book.releases.first(where: { $0.value.state == .kept }) {
            try database.transition(
                Self.site, id(kept.key), to: .removed, event: removal(of: id(kept.key)))
            removed.append(id(kept.key))
        }
        try follow(because: .expired)
    }

    func collect() throws {
        _ = try Collector(store: store).run(now: now, isDryRun: false)
        if terms.sabotage == .blobCollected, let some = book.releases.first(where: { $0.value.state.answersNames }),
            let file = library.builds[some.key].files.first
        {
            try library.directory.blobs.remove(.of(file.bytes))
        }
        for (build, release) in book.releases where release.state.answersNames {
            for file in library.builds[build].files where library.directory.blobs.size(.of(file.bytes)) != UInt64(file.bytes.count) {
                throw Violation(scenario: "S6", what: "gc took \(file.name) of build \(build), which is \(release.state)")
            }
            _ = try store.manifest(id(build))
        }
    }

    /// The process dies with what it holds in memory; another takes over after a while.
    func kill(downFor span: Duration = .zero) throws {
        let before = try controller.content(Self.site)
        observed = []
        if terms.isOnDisk {
            try database.close()
            database = try StateDatabase(path: library.directory.statePath)
        }
        if terms.sabotage == .lostOnKill, let last = book.releases.first(where: { $0.value.state == .published }) {
            try database.transition(
                Self.site, id(last.key), to: .removed, event: removal(of: id(last.key)))
        }
        now = now + span
        controller = Self.controller(database, terms)
        builder = Self.builder(library, terms)
        let after = try controller.content(Self.site)
        guard before.releases == after.releases, before.moving == after.moving, before.current == after.current else {
            throw Violation(scenario: "S6", what: "a kill changed the content")
        }
        // A publish that died is no longer heard of.
        openPublish = nil
        try controller.begin(now: now)
        try follow()
    }

    private func removal(of id: ReleaseID) -> Event {
        Event(at: now, site: Self.site, release: id, kind: "removed", actor: "sabotage", reason: "on purpose")
    }

    // MARK: Requests

    /// Asks as a visitor's browser: its own cache, then the shared one, then the site.
    func ask(_ visitor: Int, _ ask: Ask, reload: Bool = false) throws -> Reply {
        var ask = ask
        if let cookie = visitors[visitor].cookie { ask.fields["cookie"] = "tandem=\(cookie)" }
        let reply = try visitors[visitor].browser.fetch(ask, now: now) { ask in
            try shared.fetch(ask, now: now) { try atOrigin($0, visitor) }
        }
        if !reply.isFromCache, let cookie = reply.fields["set-cookie"] { try setCookie(cookie, visitor) }
        try checkNames(ask, reply)
        return reply
    }

    private func atOrigin(_ ask: Ask, _ visitor: Int) throws -> Reply {
        originRequests += 1
        let origin = Origin(snapshot: snapshot, sabotage: terms.sabotage)
        let answer = try origin.answer(ask, client: UInt64(visitor)) { Int.random(in: 0..<10_000, using: &random) }
        if let needed = answer.needed {
            var sketch = ClientSketch()
            sketch.insert(hash: UInt64(visitor) &* 0x9e37_79b9_7f4a_7c15)
            observed.append(ObservedNeed(release: needed, requests: 1, sketch: sketch, lastAt: now, names: [ask.target]))
        }
        book.served(ask, answer.reply, now: now, library)
        return answer.reply
    }

    private func setCookie(_ line: String, _ visitor: Int) throws {
        let value = line.split(separator: ";")[0].dropFirst("tandem=".count)
        if value.isEmpty {
            visitors[visitor].cookie = nil
            return
        }
        if let had = visitors[visitor].cookie, had.split(separator: ".")[0] != value.split(separator: ".")[0] {
            throw Violation(scenario: "sticky", what: "the bucket of visitor \(visitor) changed from \(had) to \(value)")
        }
        visitors[visitor].cookie = String(value)
    }

    /// S1 and S2: under a name with a digest stands what the name says, or an error that nobody keeps.
    private func checkNames(_ ask: Ask, _ reply: Reply) throws {
        guard Book.isFingerprinted(ask.target) else { return }
        if reply.status == 200 {
            guard library.meanings[ask.target] == reply.body else {
                throw Violation(scenario: "S1", what: "\(ask.target) was answered with \(reply.text)")
            }
        } else if reply.status == 404 || reply.status == 410 || reply.status == 503 {
            guard reply.has("no-store") else { throw Violation(scenario: "S2", what: "\(reply.status) of \(ask.target) may be kept") }
        } else {
            throw Violation(scenario: "S1", what: "\(ask.target) was answered with \(reply.status)")
        }
    }

    /// S2 over everything that is held anywhere.
    func checkCaches() throws {
        for cache in [shared] + visitors.map(\.browser) {
            for (target, entries) in cache.entries {
                for entry in entries {
                    if Book.isFingerprinted(target), entry.reply.status != 200 || entry.reply.body != library.meanings[target] {
                        throw Violation(scenario: "S2", what: "a cache holds \(entry.reply.status) \(entry.reply.text) as \(target)")
                    }
                    if cache.isShared, entry.reply.fields["set-cookie"] != nil {
                        throw Violation(scenario: "S7", what: "a shared cache holds a cookie under \(target)")
                    }
                }
            }
        }
    }
}
