import Model
import State

/// What a draining release waits for, as of one moment.
///
/// It has drained when nothing needed it for `quiet` and no cache that keeps to HTTP can hold a document of it, or at the
/// deadline. Missing data is need: without counters written without a gap for as long, quiet cannot have come.
package struct DrainWait: Hashable, Sendable {
    /// When `quiet` will be over if nothing more asks; nil while the counters are missing.
    package var quietUntil: Timestamp?
    package var cachedUntil: Timestamp
    package var deadline: Timestamp
    /// When it was last needed, by enough clients, within `quiet`.
    package var neededAt: Timestamp?

    package init(_ drain: DrainRecord, need: ReleaseNeed?, counters: CounterHealth?, policy: RolloutPolicy, now: Timestamp) {
        cachedUntil = drain.cachedUntil
        deadline = drain.beganAt + policy.deadline
        let recent = Self.recent(need, policy: policy, now: now)
        neededAt = Self.clients(recent) >= max(policy.clients, 1) ? recent.last?.lastAt : nil
        if let counters, now - counters.recordedAt <= StateDatabase.counterTolerance {
            let undisturbed = max(drain.quietFrom, counters.since) + policy.quiet
            quietUntil = max(undisturbed, Self.fades(recent, policy: policy) ?? undisturbed)
        }
    }

    /// Why the drain is over; nil while it goes on.
    package func ending(policy: RolloutPolicy, now: Timestamp) -> String? {
        if let quietUntil, now >= quietUntil, now >= cachedUntil {
            return "nothing needed it for \(policy.quiet.short), and no cache can hold its documents"
        }
        return now >= deadline ? "the deadline of \(policy.deadline.short) has come" : nil
    }

    /// When it may be over at the earliest if nothing more happens.
    package var earliestEnd: Timestamp {
        quietUntil.map { min(deadline, max($0, cachedUntil)) } ?? deadline
    }

    /// The windows within `quiet`, oldest first. What a clock that was set back stamped into the future is left out.
    private static func recent(_ need: ReleaseNeed?, policy: RolloutPolicy, now: Timestamp) -> [NeedWindow] {
        let first = now + (.zero - policy.quiet)
        return (need?.windows ?? []).filter { $0.lastAt > first && $0.lastAt <= now + RolloutMachine.clockTolerance }
            .sorted { $0.lastAt < $1.lastAt }
    }

    private static func clients(_ windows: some Sequence<NeedWindow>) -> Int {
        var union = ClientSketch()
        for window in windows { union.formUnion(window.sketch) }
        return union.estimate
    }

    /// When so many windows will have left `quiet` that too few clients remain; nil if they are too few now.
    private static func fades(_ windows: [NeedWindow], policy: RolloutPolicy) -> Timestamp? {
        var last: Timestamp?
        for index in windows.indices {
            if clients(windows[index...]) < max(policy.clients, 1) { break }
            last = windows[index].lastAt + policy.quiet
        }
        return last
    }
}
