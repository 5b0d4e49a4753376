import HTTPEngine
import Snapshots

/// A handler that answers from a snapshot.
package protocol SnapshotFollower: RequestHandler {
    /// Serves from another snapshot from the next request on.
    func follow(_ next: Snapshot)
}
