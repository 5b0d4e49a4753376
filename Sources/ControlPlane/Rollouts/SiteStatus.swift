import Model
import State

/// What `tandem rollout status` shows: the phases of a site, and what each waits for, in words.
package struct SiteStatus: Hashable, Sendable, Codable {
    /// One draining release.
    package struct Drain: Hashable, Sendable, Codable {
        package var release: ReleaseID
        package var rollout: Int64?
        package var beganAt: Timestamp
        /// Within `quiet`, by enough clients; nil if nothing needs it.
        package var lastNeededAt: Timestamp?
        package var requestsPerMinute: UInt64
        package var clients: Int
        /// Names asked for lately, newest last.
        package var names: [String]
        /// Nil while counters are missing: then quiet has not begun.
        package var quietUntil: Timestamp?
        package var cachedUntil: Timestamp
        package var deadline: Timestamp
        package var isHeld: Bool
        /// `draining a1b2…: last needed 4 min ago by 3 requests/min, 2 names; …`
        package var sentence: String
    }

    package var site: SiteName
    package var current: ReleaseID?
    /// Not over, oldest first.
    package var rollouts: [RolloutRecord]
    package var drains: [Drain]
    /// The site in one line for each thing that goes on.
    package var sentences: [String]

    package init(_ rows: SiteRows, policy: RolloutPolicy, now: Timestamp) {
        let machine = RolloutMachine(rows, policy: policy)
        site = rows.site
        current = rows.current?.id
        rollouts = rows.rollouts
        drains = rows.drains.map { Drain($0, machine: machine, now: now) }
        sentences = [rows.current.map { "current \(Self.name($0))" } ?? "no release is current"]
        if let moving = rows.moving { sentences.append(Self.sentence(moving, machine: machine, now: now)) }
        sentences += drains.map(\.sentence)
    }

    private static func name(_ release: ReleaseRecord) -> String {
        release.label.map { "\(release.id) (\($0))" } ?? "\(release.id)"
    }

    private static func sentence(_ rollout: RolloutRecord, machine: RolloutMachine, now: Timestamp) -> String {
        let target = machine.rows.release(rollout.to).map(name) ?? "\(rollout.to)"
        let start = "rollout \(rollout.number) to \(target)"
        guard rollout.phase == .overlapping else { return "\(start) prepares: waits until every node has it" }
        let share = "\(start) overlaps: \(rollout.steps[rollout.step]) of documents"
        if rollout.isHeld { return "\(share), held until resume or advance" }
        let left = max(machine.stepEnd(rollout) - now, .zero).short
        guard rollout.step + 1 < rollout.steps.count else { return "\(share), drains in \(left)" }
        return "\(share), \(rollout.steps[rollout.step + 1]) in \(left)"
    }
}

extension SiteStatus.Drain {
    init(_ drain: DrainRecord, machine: RolloutMachine, now: Timestamp) {
        let wait = machine.wait(drain, now: now)
        let need = machine.rows.need[drain.release]
        let latest = need?.windows.max { $0.lastAt < $1.lastAt }
        release = drain.release
        rollout = drain.rollout
        beganAt = drain.beganAt
        lastNeededAt = wait.neededAt
        requestsPerMinute = wait.neededAt == nil ? 0 : latest?.requests ?? 0
        clients = wait.neededAt == nil ? 0 : latest?.sketch.estimate ?? 0
        names = wait.neededAt == nil ? [] : need?.names ?? []
        quietUntil = wait.quietUntil
        cachedUntil = wait.cachedUntil
        deadline = wait.deadline
        isHeld = machine.isHeld(drain)
        sentence = ""
        sentence = "draining \(drain.release): \(waiting(now: now))"
    }

    private func waiting(now: Timestamp) -> String {
        if isHeld { return "held until resume" }
        var parts: [String] = []
        if let lastNeededAt {
            let ago = max(now - lastNeededAt, .zero).short
            parts.append(
                "last needed \(ago) ago by \(requestsPerMinute) request\(requestsPerMinute == 1 ? "" : "s")/min, "
                    + "\(names.count) name\(names.count == 1 ? "" : "s")")
        } else {
            parts.append("nothing needs it")
        }
        if let quietUntil {
            if quietUntil > now { parts.append("quiet in \((quietUntil - now).short) at the earliest") }
        } else {
            parts.append("quiet cannot begin: counters of need are missing")
        }
        if cachedUntil > now { parts.append("caches may hold its documents for \((cachedUntil - now).short)") }
        parts.append("deadline in \(max(deadline - now, .zero).short)")
        return parts.joined(separator: "; ")
    }
}
