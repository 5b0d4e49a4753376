import Model
import Rollouts
import Snapshots

/// The model's own tables: which build stands where since when, and what may become of it.
///
/// It predicts nothing that depends on the clock; it looks at each change that happened and decides from its own memory of
/// requests and moments whether that was allowed.
struct Book {
    /// What was done when something changed.
    enum Cause: Equatable {
        case none, time, expired
        case published(Int)
        case operated(Int?)
        case retired(Int)
        case revoked(Int)
    }

    struct Release {
        var state: ReleaseState
        var isProtected = false
        var publishedAt: Timestamp
        var currentAt: Timestamp?
        var leftAt: Timestamp?
        var drainingSince: Timestamp?
        var canaryShare: Share?
        var neededAt: Timestamp?

        var ageBegins: Timestamp { max(leftAt ?? publishedAt, publishedAt) }
        var rank: Timestamp { max(currentAt ?? publishedAt, publishedAt) }
    }

    var releases: [Int: Release] = [:]
    /// Which builds were current, and until when.
    private(set) var wereCurrent: [Int: Timestamp] = [:]
    /// When each was last known without being live.
    private(set) var notLiveAt: [Int: Timestamp] = [:]
    private(set) var canary: (build: Int, share: Share, rollout: Int64)?

    var current: Int? { releases.first { $0.value.state == .current }?.key }

    static func isFingerprinted(_ target: String) -> Bool { target.hasPrefix("/js/") && (target.contains("?") || target.contains("_")) }

    // MARK: Changes

    mutating func take(
        _ content: SiteContent, _ cause: Cause, now: Timestamp, terms: World.Terms, build: (ReleaseID) -> Int?
    ) throws {
        var seen: [Int: ReleaseState] = [:]
        for record in content.releases {
            guard let number = build(record.id) else { throw Violation(scenario: "S6", what: "a release that nobody published") }
            seen[number] = record.state
        }
        if let before = current, !seen.values.contains(.current) {
            throw Violation(scenario: "S5", what: "build \(before) was current, and now none is (\(cause))")
        }
        if seen.values.count(where: { $0 == .current }) > 1 { throw Violation(scenario: "S6", what: "two releases are current") }
        let before = releases
        for (number, release) in before {
            let state = seen[number] ?? .removed
            if state != release.state { try change(number, to: state, cause, beside: before, now: now, terms: terms) }
        }
        for (number, state) in seen where releases[number] == nil {
            guard cause == .published(number), state == .published else {
                throw Violation(scenario: "D3", what: "build \(number) is \(state) without having been published (\(cause))")
            }
            releases[number] = Release(state: state, publishedAt: now)
        }
        if case .published(let number) = cause { releases[number]?.publishedAt = now }
        for (number, release) in before where release.state == .current { wereCurrent[number] = now }
        if let current { wereCurrent[current] = now }
        // Before the change as well as after it: the moment itself belongs to both.
        for (number, release) in before where !release.state.isLive { notLiveAt[number] = now }
        for (number, release) in releases where !release.state.isLive { notLiveAt[number] = now }
        try takeCanary(content, cause, build: build)
    }

    private mutating func change(
        _ number: Int, to state: ReleaseState, _ cause: Cause, beside before: [Int: Release], now: Timestamp, terms: World.Terms
    ) throws {
        guard var release = releases[number] else { return }
        func refuse(_ why: String, _ scenario: String = "S6") -> Violation {
            Violation(scenario: scenario, what: "build \(number) went from \(release.state) to \(state) (\(cause)): \(why)")
        }
        if cause == .none { throw refuse("nothing was done") }
        switch state {
        case .removed: try checkRemoval(number, release, cause, beside: before, now: now, terms: terms, refuse: { refuse($0, "S3") })
        case .revoked where cause != .revoked(number): throw refuse("nobody revoked it")
        case .kept where cause != .retired(number):
            guard let since = release.drainingSince, release.state == .draining else { throw refuse("it did not drain", "S4") }
            let isOverdue = now - since >= terms.deadline
            if !isOverdue, now - since < max(terms.quiet, .seconds(terms.documentSeconds ?? 0)) { throw refuse("too early", "D7") }
            if !isOverdue, let needed = release.neededAt, now - needed < terms.quiet { throw refuse("it was needed", "S4") }
        case .published:
            guard cause == .published(number) || release.state == .canary else { throw refuse("it was live") }
        default: break
        }
        if cause == .expired, state != .removed { throw refuse("retention only removes") }
        if case .published(let other) = cause, other != number { throw refuse("only build \(other) was published") }
        let wasShown = release.state == .canary || release.state == .current
        if wasShown, state != .canary, state != .current { release.leftAt = now }
        if state == .current { release.currentAt = now }
        release.drainingSince = state == .draining ? now : nil
        release.state = state
        if state == .removed {
            releases[number] = nil
        } else {
            releases[number] = release
        }
    }

    private func checkRemoval(
        _ number: Int, _ release: Release, _ cause: Cause, beside before: [Int: Release], now: Timestamp, terms: World.Terms,
        refuse: (String) -> Violation
    ) throws {
        guard cause == .expired else { throw refuse("retention did not run") }
        if release.isProtected { throw refuse("it is protected") }
        if release.state.isLive { throw refuse("it is live") }
        if release.state == .revoked { return }
        // Of those published in the same moment any may count as the newer.
        let newer = before.count { $0.key != number && $0.value.state.answersNames && $0.value.rank >= release.rank }
        if newer < terms.retention.keep { throw refuse("only \(newer) are newer") }
        let age = now - release.ageBegins
        if age >= terms.retention.maximumAge { return }
        if age < terms.retention.minimumAge { throw refuse("its age is \(age.short)") }
        if let needed = release.neededAt, now - needed < terms.retention.quiet { throw refuse("it was needed") }
    }

    /// Steps of one rollout only ever add visitors.
    private mutating func takeCanary(_ content: SiteContent, _ cause: Cause, build: (ReleaseID) -> Int?) throws {
        guard let share = content.canary?.share, let moving = content.moving, let number = build(moving.to) else {
            canary = nil
            return
        }
        if let canary, canary.rollout == moving.number, share < canary.share {
            throw Violation(scenario: "monotone", what: "the share of build \(number) fell from \(canary.share) to \(share)")
        }
        canary = (number, share, moving.number)
    }

    // MARK: Requests

    /// Takes down which release only could have given this answer.
    mutating func served(_ ask: Ask, _ reply: Reply, now: Timestamp, _ library: Library) {
        guard reply.status == 200 || reply.status == 304 else { return }
        if Self.isFingerprinted(ask.target) {
            let holders = releases.filter { number, release in
                release.state.answersNames && has(ask.target, library.builds[number])
            }
            if holders.count == 1, let only = holders.first, only.value.state != .current, only.key != canary?.build {
                releases[only.key]?.neededAt = now
            }
        } else if let id = reply.fields["x-deployment-id"], let number = library.builds.firstIndex(where: { $0.id.hex == id }),
            number != current, number != canary?.build
        {
            let name = String(ask.target.dropFirst().prefix { $0 != "?" })
            let mine = library.builds[number].file(name)
            let others = [current, canary?.build].compactMap { $0 }.map { library.builds[$0].file(name) }
            if mine != nil, !others.contains(mine) { releases[number]?.neededAt = now }
        }
    }

    func has(_ target: String, _ build: Build) -> Bool { (build.assets + [build.chunk]).contains { $0.target == target } }

    /// Whether some release that answers names has this one.
    func answers(_ target: String, _ library: Library) -> Bool {
        releases.contains { $0.value.state.answersNames && has(target, library.builds[$0.key]) }
    }
}
