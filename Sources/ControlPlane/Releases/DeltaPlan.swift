import Model

/// From which releases visitors may come to which: whose contents are worth having as deltas.
///
/// Visitors come to what is live, and to what was published last and may be next. They come from what was the site's, the
/// latest first; of releases left long ago few caches hold anything.
package struct DeltaPlan: Hashable, Sendable {
    package struct Move: Hashable, Sendable {
        package var to: ReleaseID
        package var from: [ReleaseID]
    }

    /// Releases that a visitor may come from, for each.
    package static let depth = 3

    package private(set) var moves: [Move] = []

    /// - Parameter sites: the releases of each site. One release may belong to several: its files are shared.
    package init(sites: [[ReleaseRecord]]) {
        var from: [ReleaseID: [ReleaseID]] = [:]
        for releases in sites {
            let current = releases.first { $0.state == .current }
            for target in releases where Self.isWorthPreparing(target, current: current) {
                let others = releases.filter { $0.id != target.id && $0.state.answersNames && ($0.state.isLive || $0.currentAt != nil) }
                    .sorted { ($1.currentAt ?? $1.publishedAt, $0.id) < ($0.currentAt ?? $0.publishedAt, $1.id) }
                    .prefix(Self.depth).map(\.id)
                from[target.id, default: []] += others.filter { from[target.id]?.contains($0) != true }
            }
        }
        moves = from.sorted { $0.key < $1.key }.map { Move(to: $0.key, from: $0.value) }
    }

    private static func isWorthPreparing(_ release: ReleaseRecord, current: ReleaseRecord?) -> Bool {
        if release.state.isLive { return true }
        guard release.state == .published, !release.isAssetsOnly else { return false }
        return release.offeredAt >= current?.publishedAt ?? release.offeredAt
    }
}
