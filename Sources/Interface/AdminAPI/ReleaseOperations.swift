import Model

/// A release as the command line shows it.
package struct ReleaseReport: Codable, Sendable {
    package var record: ReleaseRecord
    package var lastNeededAt: Timestamp?
    /// Names by class: `proven`, `declared`, `strong`, `suspected`, `document`.
    package var names: [String: Int]

    package init(record: ReleaseRecord, lastNeededAt: Timestamp?, names: [String: Int]) {
        self.record = record
        self.lastNeededAt = lastNeededAt
        self.names = names
    }
}

package struct ListReleases: AdminOperation {
    package typealias Answer = [ReleaseReport]

    package static let method = AdminMethod.get
    package var site: SiteName
    package var path: String { "/v1/sites/\(site)/releases" }

    package init(site: SiteName) { self.site = site }
}

/// Finds one release by an abbreviated id or a label.
package struct FindRelease: AdminOperation {
    package typealias Answer = ReleaseReport

    package static let method = AdminMethod.get
    package var site: SiteName
    /// An id, a unique prefix of 12 or more digits, or a label.
    package var release: String
    package var path: String { "/v1/sites/\(site)/releases/\(release)" }

    package init(site: SiteName, release: String) {
        self.site = site
        self.release = release
    }
}

/// Moves a site to a release.
package struct ActivateRelease: AdminOperation {
    package typealias Answer = RolloutReport

    package static let method = AdminMethod.post
    package var site: SiteName
    package var release: String
    /// Where a canary starts; nil: the configured steps.
    package var canary: Share?
    package var path: String { "/v1/sites/\(site)/releases/\(release)/activate" }

    package init(site: SiteName, release: String, canary: Share?) {
        self.site = site
        self.release = release
        self.canary = canary
    }
}

/// Goes back to an earlier release at once; without one to the latest that was current and was not itself rolled back.
package struct RollBack: AdminOperation {
    package typealias Answer = RolloutReport

    package static let method = AdminMethod.post
    package var site: SiteName
    package var release: String?
    package var path: String { "/v1/sites/\(site)/rollback" }

    package init(site: SiteName, release: String?) {
        self.site = site
        self.release = release
    }
}

/// The acts on one release that need no more than its name.
package struct ActOnRelease: AdminOperation {
    package typealias Answer = Done

    package enum Act: String, Codable, Sendable, CaseIterable {
        case retire, protect, unprotect, revoke
    }

    package static let method = AdminMethod.post
    package var site: SiteName
    package var release: String
    package var act: Act
    package var path: String { "/v1/sites/\(site)/releases/\(release)/\(act.rawValue)" }

    package init(site: SiteName, release: String, act: Act) {
        self.site = site
        self.release = release
        self.act = act
    }
}
