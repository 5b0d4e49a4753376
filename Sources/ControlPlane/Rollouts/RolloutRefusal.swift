import Model

/// Why a rule of the design refuses what was asked of a rollout. Nothing was changed.
package enum RolloutRefusal: Error, Hashable, Sendable {
    case noRelease(ReleaseID)
    case revoked(ReleaseID)
    /// It was published to add names only (`publish --assets`).
    case assetsOnly(ReleaseID)
    /// A rollback leads to a release that was current before.
    case neverCurrent(ReleaseID)
    case nothingToRollBackTo
    /// No rollout is in a phase in which this can be done.
    case noRollout
    case pastOverlap(rollout: Int64)
    /// Before the first release there is none to return to.
    case noReleaseBefore(ReleaseID)
    case notDraining(ReleaseID, ReleaseState)
    case stillInOverlap(ReleaseID)
    /// Revoking the current release would leave the site without documents.
    case current(ReleaseID)
}

extension RolloutRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noRelease(let id): "the site has no release \(id)"
        case .revoked(let id): "release \(id) was revoked: publish it under other content"
        case .assetsOnly(let id): "release \(id) was published with --assets: it adds names and never becomes current"
        case .neverCurrent(let id): "release \(id) was never current: activate it instead"
        case .nothingToRollBackTo: "no earlier release was current that was not itself rolled back or aborted: name one"
        case .noRollout: "no rollout is under way"
        case .pastOverlap(let number): "rollout \(number) has reached 100 % and drains: use rollback to go back, or retire to end the drain"
        case .noReleaseBefore(let id): "release \(id) is the site's first: there is none to return to"
        case .notDraining(let id, let state): "release \(id) is \(state.rawValue), not draining"
        case .stillInOverlap(let id): "release \(id) is still beside the new one: advance or abort the rollout first"
        case .current(let id): "release \(id) is current: activate another one first"
        }
    }
}
