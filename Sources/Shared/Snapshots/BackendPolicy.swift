import Model
import Synchronization

/// What configuration says about the servers behind `proxy` routes: validated, immutable, ready to use. One for a generation, so that
/// what is known of its servers outlives snapshots.
package final class BackendPolicy: Sendable {
    package enum Balance: Hashable, Sendable {
        case roundRobin, leastConnections, randomTwo
        case consistentHash(HashKey)
    }

    package enum HashKey: Hashable, Sendable {
        case path, client
        /// In lower case.
        case header(String)
        case cookie(String)
    }

    /// Questions that servers are asked between requests. Times in milliseconds.
    package struct Checks: Hashable, Sendable {
        package var path = "/healthz"
        package var every: Int64 = 2000
        package var timeout: Int64 = 1000
        package var healthy = 2
        package var unhealthy = 3

        package init() {}
    }

    package struct Retry: Hashable, Sendable {
        /// More tries after the first.
        package var attempts = 2
        package var onConnect = true
        package var onTimeout = true
        /// Whether another server is asked where one sends other bytes than the name says.
        package var onMismatch = false
        package var statuses: [UInt16] = [502, 503, 504]
        /// Whether idempotent methods are repeated; others only where nothing reached the server.
        package var repeatsIdempotent = true

        package init() {}
    }

    /// What is put in front of each connection to say whose it is.
    package enum Announcement: Hashable, Sendable {
        case proxyV1, proxyV2
    }

    /// In whole seconds: they are looked at once a second.
    package struct Limits: Hashable, Sendable {
        package var connectSeconds: Int64 = 2
        package var firstByteSeconds: Int64 = 30
        package var idleSeconds: Int64 = 60
        /// Of silence after an upgrade.
        package var tunnelSeconds: Int64 = 3600

        package init() {}
    }

    /// Among all of a generation: where a loop keeps what belongs to it.
    package let number: Int
    package let name: String
    private let members: Mutex<[UpstreamServer]>
    private let edition = Atomic<Int>(0)
    package let balance: Balance
    /// Nil: servers are judged by the requests they get alone.
    package let checks: Checks?
    package let retry: Retry
    package let limits: Limits
    /// Nil: connections say nothing of clients, and are shared by them.
    package let announcement: Announcement?
    /// Whether connections are of HTTP/2 and carry many requests at once: over TLS by ALPN, else because it is known.
    package let speaksHTTP2: Bool

    package init(
        number: Int, name: String, servers: [UpstreamServer], balance: Balance = .roundRobin, checks: Checks? = nil,
        retry: Retry = Retry(), limits: Limits = Limits(), announcement: Announcement? = nil,
        speaksHTTP2: Bool = false
    ) {
        precondition(!servers.isEmpty, "a backend without servers")
        self.number = number
        self.name = name
        members = Mutex(servers)
        self.balance = balance
        self.checks = checks
        self.retry = retry
        self.limits = limits
        precondition(announcement == nil || !speaksHTTP2, "a connection of many clients cannot say whose it is")
        self.announcement = announcement
        self.speaksHTTP2 = speaksHTTP2
    }

    /// Never empty. Those behind names change while the generation lives; who uses them looks whether `version` has moved.
    package var servers: [UpstreamServer] { members.withLock { $0 } }

    package var version: Int { edition.load(ordering: .acquiring) }

    /// Some have joined or left. One that stays is the same object, with what is known of it.
    package func replaceServers(_ servers: [UpstreamServer]) {
        precondition(!servers.isEmpty, "a backend without servers")
        members.withLock { $0 = servers }
        edition.wrappingAdd(1, ordering: .releasing)
    }
}

/// What a `proxy` route says.
package struct ProxyPolicy: Sendable {
    package enum Host: Sendable {
        /// As the client asked.
        case client
        /// Fixed, or that of the server's URL where it is nil.
        case fixed([UInt8]?)
    }

    package var backend: BackendPolicy
    package var host = Host.client
    /// Nil: nothing is kept.
    package var cache: CachePolicy?
    /// Nil: answers go as they come.
    package var compression: CompressionPolicy?
    /// What the path begins with and servers do not see; without a final slash.
    package var strippedPath: [UInt8] = []
    /// What is put before it instead; without a final slash.
    package var addedPath: [UInt8] = []
    package var request = FieldEdits()
    package var response = FieldEdits()
    /// In front of the segment that names a server by its id; nil: no path does.
    package var affinityPrefix: [UInt8]?
    /// Proxies in front whose word about the client counts.
    package var trusted: [AddressPrefix] = []

    package init(backend: BackendPolicy) {
        self.backend = backend
    }
}

/// A policy as requests hold it: one reference, whatever stands in it.
package final class ProxyRoute: Sendable {
    package let policy: ProxyPolicy

    package init(_ policy: ProxyPolicy) {
        self.policy = policy
    }
}
