import Model

/// What the operator wants, validated: one generation runs one of these.
///
/// Every field has a safe default but `listen` and `sites`. What each key means, its range and its default stand in the schema
/// (`Configuration+schema.swift`), from which `docs/configuration.md` is made.
package struct Configuration: Hashable, Sendable {
    /// nil: a stable name is made and kept under `data`.
    package var node: String?
    /// The folder of blobs, releases, cache and state. Relative to the working directory once read.
    package var data = "/var/lib/tandem"
    package var state = StateStore.sqlite
    package var blobs = BlobStore.local
    package var threads = Threads.auto
    package var listen: [Listener] = []
    /// Proxies in front whose `X-Forwarded-For` is believed.
    package var trustedProxies: [AddressRange] = []
    package var resolver = Resolver()
    package var admin = Admin()
    package var log = Log()
    package var drain = Drain()
    package var generations = Generations()
    package var cache = Cache()
    /// In the order of the file; names are unique.
    package var sites: [Site] = []

    package init() {}

    /// Where the admin socket is: `admin.socket`, else `admin.sock` under `data`.
    package var adminSocket: String { admin.socket ?? (data.hasSuffix("/") ? data : data + "/") + "admin.sock" }

    package func site(_ name: SiteName) -> Site? { sites.first { $0.name == name } }
}

extension Configuration {
    package enum StateStore: Hashable, Sendable {
        case sqlite
    }

    package enum BlobStore: Hashable, Sendable {
        case local
    }

    /// Event loops of a generation.
    package enum Threads: Hashable, Sendable {
        case auto
        /// 1…1,024.
        case count(Int)

        /// - Parameter cores: what the machine has.
        package func loops(cores: Int) -> Int {
            switch self {
            case .auto: max(cores, 1)
            case .count(let count): count
            }
        }
    }

    package struct Admin: Hashable, Sendable {
        /// nil: `admin.sock` under `data`. Owner only.
        package var socket: String?
        /// Dashboard, API and metrics; nil: the socket alone.
        package var address: Address?
        package var tokens: [Token] = []

        package init() {}
    }

    /// Who may use the admin API over the network, and for what.
    package struct Token: Hashable, Sendable {
        package var name: String
        package var secret: Secret
        package var may: [Verb]

        package init(name: String, secret: Secret, may: [Verb]) {
            self.name = name
            self.secret = secret
            self.may = may
        }
    }

    /// What a token allows. Reading comes with each.
    package enum Verb: String, CaseIterable, Hashable, Sendable {
        case read, publish, activate, rollback, retire, protect, revoke, rollout, export, gc, purge, stop
    }

    package struct Log: Hashable, Sendable {
        package var level = Level.info
        package var format = Format.json
        package var access = Access.stdout

        package init() {}

        package enum Level: String, CaseIterable, Hashable, Sendable {
            case trace, debug, info, notice, warning, error, critical
        }

        package enum Format: String, CaseIterable, Hashable, Sendable {
            case json, combined
        }

        package enum Access: Hashable, Sendable {
            case off, stdout
            case file(path: String)
        }
    }

    /// How long connections may go on when a generation is replaced, or the node stops.
    package struct Drain: Hashable, Sendable {
        /// For as long idle ones are kept; and when the node stops, new ones taken, so that a load balancer hears `503` from health.
        package var idle = Duration.seconds(5)
        /// For requests that have begun, half a head among them.
        package var request = Duration.seconds(30)
        /// For transfers that move, and for everything after `QUIT`.
        package var transfer = Duration.seconds(600)
        /// For WebSockets and event streams, which are then told to end.
        package var websocket = Duration.seconds(300)
        /// For everything after `TERM` and `tandem stop`.
        package var stop = Duration.seconds(30)

        package init() {}
    }

    /// Worker processes side by side.
    package struct Generations: Hashable, Sendable {
        /// 2…64.
        package var maximum = 4
        package var readyTimeout = Duration.seconds(30)
        package var probation = Duration.seconds(10)

        package init() {}
    }

    /// How names of backends' servers are looked up.
    package struct Resolver: Hashable, Sendable {
        /// Empty: the system is asked.
        package var servers: [Address] = []
        /// At most that long an answer is believed.
        package var every = Duration.seconds(30)

        package init() {}
    }

    package struct Cache: Hashable, Sendable {
        /// What `proxy` routes may keep on disk.
        package var size = ByteCount(10 << 30)
        /// What the tables of hot answers may hold, all event loops together.
        package var memory = ByteCount(256 << 20)

        package init() {}
    }
}
