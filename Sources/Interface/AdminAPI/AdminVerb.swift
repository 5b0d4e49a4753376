/// What a token may do; the words of `admin.tokens[].may`.
package enum AdminVerb: String, Sendable, CaseIterable {
    case read, publish, activate, rollback, retire, protect, revoke, rollout, export, gc, purge, stop
}

extension ActOnRelease.Act {
    package var verb: AdminVerb {
        switch self {
        case .retire: .retire
        case .protect, .unprotect: .protect
        case .revoke: .revoke
        }
    }
}
