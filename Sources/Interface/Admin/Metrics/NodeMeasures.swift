import Model

/// What the serving process measures of itself, for `/metrics`. Counts begin with the process, so a reload begins them anew.
package struct NodeMeasures: Sendable {
    /// A server of a backend.
    package struct Server: Sendable {
        package var site: SiteName
        package var backend: String
        /// Whose servers they are; nil: the configuration's.
        package var release: ReleaseID?
        package var name: String
        /// Whether requests are sent to it.
        package var isUp: Bool

        package init(site: SiteName, backend: String, release: ReleaseID?, name: String, isUp: Bool) {
            (self.site, self.backend, self.release, self.name, self.isUp) = (site, backend, release, name, isUp)
        }
    }

    package var version: String
    package var startedAt: Timestamp
    package var connections: Int
    package var requests: UInt64
    /// Requests that the engine refused: malformed, too large, too slow.
    package var refused: UInt64
    /// Requests for names that no release has.
    package var missing: UInt64
    package var droppedLogLines: UInt64
    package var servers: [Server]

    package init(
        version: String, startedAt: Timestamp, connections: Int, requests: UInt64, refused: UInt64, missing: UInt64,
        droppedLogLines: UInt64, servers: [Server]
    ) {
        self.version = version
        self.startedAt = startedAt
        self.connections = connections
        self.requests = requests
        self.refused = refused
        self.missing = missing
        self.droppedLogLines = droppedLogLines
        self.servers = servers
    }
}
