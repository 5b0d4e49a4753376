import Model
import State

/// What a site serves, as a value: the worker turns it into a serving snapshot.
package struct SiteContent: Hashable, Sendable {
    /// A release that gets a share of the documents beside the current one.
    package struct Canary: Hashable, Sendable {
        package var release: ReleaseID
        package var share: Share
    }

    package var site: SiteName
    /// Changes with every change that a snapshot has to follow: `StateDatabase.contentVersion` of the rows it was made of.
    package var version: Int64
    /// Not removed, newest first. Revoked ones are among them: their names answer `410`.
    package var releases: [ReleaseRecord]
    package var current: ReleaseID?
    package var canary: Canary?
    /// The rollout in `preparing` or `overlapping`, with all its steps.
    package var moving: RolloutRecord?

    package init(_ rows: SiteRows) {
        site = rows.site
        version = rows.version
        releases = rows.releases
        current = rows.current?.id
        moving = rows.moving
        if let moving = rows.moving, moving.phase == .overlapping, !RolloutMachine.isWhole(moving) {
            canary = Canary(release: moving.to, share: moving.steps[moving.step])
        }
    }
}
