import Model

extension ReleaseState {
    /// The ways of a release.
    ///
    /// ```
    /// published ──► canary ──► current ──► draining ──► kept ──► removed ──► published (the same bytes again)
    ///     │            └──────────────────────▲ │         │ ▲
    ///     └───────────────► current ────────────┘ └ canary, current (rollback, abort)
    /// published, draining, kept ──► revoked
    /// ```
    package func mayBecome(_ next: ReleaseState) -> Bool {
        switch self {
        case .published: next == .canary || next == .current || next == .removed || next == .revoked
        case .canary: next == .current || next == .draining
        case .current: next == .draining
        case .draining: next == .canary || next == .current || next == .kept || next == .revoked
        case .kept: next == .canary || next == .current || next == .removed || next == .revoked
        case .removed: next == .published
        case .revoked: false
        }
    }
}

extension ReleaseRecord {
    /// The record after a move of state: with when it became current, and when it ceased to be canary or current.
    /// - Throws: `illegalTransition`; `refused` for removing a protected release.
    package func moved(to next: ReleaseState, at now: Timestamp) throws(StateError) -> ReleaseRecord {
        guard state.mayBecome(next) else { throw .illegalTransition(id, from: state, to: next) }
        if next == .removed && isProtected { throw .refused("release \(id) is protected") }
        var moved = self
        moved.state = next
        if next == .current { moved.currentAt = now }
        if state == .current || state == .canary && next != .current { moved.leftAt = now }
        return moved
    }
}
