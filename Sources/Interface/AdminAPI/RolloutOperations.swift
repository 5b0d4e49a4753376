import Model

/// A rollout as the command line shows it.
package struct RolloutReport: Codable, Sendable {
    package var site: SiteName
    package var current: ReleaseID?
    /// nil when none was ever begun.
    package var rollout: RolloutRecord?
    /// What it waits for, in a sentence.
    package var waitsFor: String
    /// Names that only the old release could answer, the latest last.
    package var neededNames: [String]
    /// Releases that drain beside it.
    package var draining: [ReleaseID]

    package init(
        site: SiteName, current: ReleaseID?, rollout: RolloutRecord?, waitsFor: String, neededNames: [String], draining: [ReleaseID]
    ) {
        self.site = site
        self.current = current
        self.rollout = rollout
        self.waitsFor = waitsFor
        self.neededNames = neededNames
        self.draining = draining
    }
}

package struct RolloutStatus: AdminOperation {
    package typealias Answer = RolloutReport

    package static let method = AdminMethod.get
    package var site: SiteName
    package var path: String { "/v1/sites/\(site)/rollout" }

    package init(site: SiteName) { self.site = site }
}

package struct ActOnRollout: AdminOperation {
    package typealias Answer = RolloutReport

    package enum Act: String, Codable, Sendable, CaseIterable {
        case advance, hold, resume, abort
    }

    package static let method = AdminMethod.post
    package var site: SiteName
    package var act: Act
    package var path: String { "/v1/sites/\(site)/rollout/\(act.rawValue)" }

    package init(site: SiteName, act: Act) {
        self.site = site
        self.act = act
    }
}

/// Events of a site after a number, oldest first, at most 200.
package struct ListEvents: AdminOperation {
    package typealias Answer = [Event]

    package static let method = AdminMethod.post
    package var site: SiteName
    package var after: Int64
    package var path: String { "/v1/sites/\(site)/events" }

    package init(site: SiteName, after: Int64) {
        self.site = site
        self.after = after
    }
}
