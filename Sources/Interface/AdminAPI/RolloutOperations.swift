import Model

/// Where a site stands, as the command line shows it.
package struct RolloutReport: Codable, Sendable {
    package struct Drain: Codable, Sendable {
        package var release: ReleaseID
        /// Within `quiet`; nil when nothing needs it.
        package var lastNeededAt: Timestamp?
        package var requestsPerMinute: UInt64
        package var clients: Int
        /// Names asked for lately, newest last.
        package var names: [String]
        /// What the drain waits for.
        package var sentence: String

        package init(
            release: ReleaseID, lastNeededAt: Timestamp?, requestsPerMinute: UInt64, clients: Int, names: [String], sentence: String
        ) {
            self.release = release
            self.lastNeededAt = lastNeededAt
            self.requestsPerMinute = requestsPerMinute
            self.clients = clients
            self.names = names
            self.sentence = sentence
        }
    }

    package var site: SiteName
    package var current: ReleaseID?
    /// The latest rollout, over or not; nil when none was ever begun.
    package var rollout: RolloutRecord?
    package var draining: [Drain]
    /// The site in one line for each thing that goes on.
    package var sentences: [String]
    /// False where what was asked for changed nothing.
    package var changed: Bool

    package init(
        site: SiteName, current: ReleaseID?, rollout: RolloutRecord?, draining: [Drain], sentences: [String], changed: Bool = false
    ) {
        self.site = site
        self.current = current
        self.rollout = rollout
        self.draining = draining
        self.sentences = sentences
        self.changed = changed
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
