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
    /// The worker processes that live, oldest first, as their supervisor sees them; nil where it was not asked.
    package var generations: [Generation]?

    /// One worker process.
    package struct Generation: Codable, Hashable, Sendable {
        package var number: Int
        package var process: Int
        /// `loading`, `starting`, `serving`, `draining`, `stopping`.
        package var state: String
        /// Of its configuration and certificates.
        package var configuration: String
        package var ageSeconds: Int
        package var idle: Int
        package var requests: Int
        package var transfers: Int
        /// Those over HTTP/2 among them, which share connections.
        package var webSockets: Int
        package var eventStreams: Int
        package var http2: Int
        package var handshakes: Int
        package var oldestSeconds: Int
        /// Connections that a limit of the drain has closed.
        package var forced: Int
        /// WebSockets and event streams that were ended at their limit, in the way of their protocol.
        package var concluded: Int

        package init(
            number: Int, process: Int, state: String, configuration: String, ageSeconds: Int, idle: Int, requests: Int, transfers: Int,
            webSockets: Int, eventStreams: Int, http2: Int, handshakes: Int, oldestSeconds: Int, forced: Int, concluded: Int
        ) {
            self.number = number
            self.process = process
            self.state = state
            self.configuration = configuration
            self.ageSeconds = ageSeconds
            self.idle = idle
            self.requests = requests
            self.transfers = transfers
            self.webSockets = webSockets
            self.eventStreams = eventStreams
            self.http2 = http2
            self.handshakes = handshakes
            self.oldestSeconds = oldestSeconds
            self.forced = forced
            self.concluded = concluded
        }
    }

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
