import Model

/// One screen of what the node does.
package struct StatusReport: Codable, Sendable {
    package var version: String
    package var process: Int32
    package var startedAt: Timestamp
    package var listening: [String]
    package var connections: Int
    package var requests: UInt64
    package var sites: [RolloutReport]

    package init(
        version: String, process: Int32, startedAt: Timestamp, listening: [String], connections: Int, requests: UInt64,
        sites: [RolloutReport]
    ) {
        self.version = version
        self.process = process
        self.startedAt = startedAt
        self.listening = listening
        self.connections = connections
        self.requests = requests
        self.sites = sites
    }
}

package struct NodeStatus: AdminOperation {
    package typealias Answer = StatusReport

    package static let method = AdminMethod.get
    package var path: String { "/v1/status" }

    package init() {}
}

/// What came of a stop.
package struct StopReport: Codable, Hashable, Sendable {
    package var process: Int32
    /// Connections that were not done within `drain.stop`.
    package var cutConnections: Int

    package init(process: Int32, cutConnections: Int) {
        self.process = process
        self.cutConnections = cutConnections
    }
}

/// Asks the server to stop gracefully; answered when the last connection has ended.
package struct StopNode: AdminOperation {
    package typealias Answer = StopReport

    package static let method = AdminMethod.post
    package var path: String { "/v1/stop" }

    package init() {}
}

/// Removes what nothing refers to.
package struct CollectGarbage: AdminOperation {
    package struct Answer: Codable, Sendable {
        package var blobs: Int
        package var bytes: UInt64
        package var releases: [ReleaseID]
        package var isDryRun: Bool

        package init(blobs: Int, bytes: UInt64, releases: [ReleaseID], isDryRun: Bool) {
            self.blobs = blobs
            self.bytes = bytes
            self.releases = releases
            self.isDryRun = isDryRun
        }
    }

    package static let method = AdminMethod.post
    package var isDryRun: Bool
    package var path: String { "/v1/gc" }

    package init(isDryRun: Bool) { self.isDryRun = isDryRun }
}
