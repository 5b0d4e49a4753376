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
