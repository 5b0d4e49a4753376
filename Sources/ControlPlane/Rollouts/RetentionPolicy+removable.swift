import Model
import State

/// A release that retention may remove, and why.
package struct Expired: Hashable, Sendable {
    package var release: ReleaseID
    package var reason: String
}

extension RetentionPolicy {
    /// The releases of a site that may be removed now, oldest first.
    ///
    /// Only one that is unprotected, not live and outside the newest `keep`, and that is past `minimumAge` without need for
    /// `quiet`, or past `maximumAge`. Where pages registered a service worker the names stay until `maximumAge`: such caches
    /// outlive HTTP. Missing data is need: before counters were written for `quiet` without a gap, age alone decides.
    /// - Parameters:
    ///   - releases: of one site.
    ///   - lastNeeded: when each was last needed, if ever.
    package func removable(
        _ releases: [ReleaseRecord], lastNeeded: [ReleaseID: Timestamp], counters: CounterHealth?, now: Timestamp
    ) -> [Expired] {
        let candidates = releases.filter { $0.state.answersNames }.sorted { Self.newest($0, $1) }
        let isWatched = counters.map { now - $0.since >= quiet && now - $0.recordedAt <= StateDatabase.counterTolerance } ?? false
        return candidates.dropFirst(max(keep, 0)).reversed().compactMap { release in
            guard !release.isProtected, !release.state.isLive else { return nil }
            let age = now - Self.ageBegins(release)
            if age >= maximumAge {
                return Expired(release: release.id, reason: "past maximum_age of \(maximumAge.short)")
            }
            guard age >= minimumAge, !release.hasServiceWorker, isWatched else { return nil }
            if let needed = lastNeeded[release.id], now - needed < quiet { return nil }
            return Expired(
                release: release.id,
                reason: "past minimum_age of \(minimumAge.short), and nothing needed it for \(quiet.short)")
        }
    }

    static func ageBegins(_ release: ReleaseRecord) -> Timestamp {
        max(release.leftAt ?? release.offeredAt, release.offeredAt)
    }

    private static func newest(_ a: ReleaseRecord, _ b: ReleaseRecord) -> Bool {
        let (first, second) = (max(a.currentAt ?? a.offeredAt, a.offeredAt), max(b.currentAt ?? b.offeredAt, b.offeredAt))
        return first == second ? a.id < b.id : first > second
    }
}
