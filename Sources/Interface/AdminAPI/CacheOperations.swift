import Model

/// What the proxy cache holds.
package struct ReportCache: AdminOperation {
    package struct Answer: Codable, Sendable {
        package var objects: Int
        package var bytes: ByteCount
        package var capacity: ByteCount
        package var memoryObjects: Int
        package var memoryBytes: ByteCount
        /// Since the process began, by `results`; those that there were none of are left out.
        package var requests: [String: UInt64]
        package var stored: UInt64
        package var renewed: UInt64
        package var evicted: UInt64
        package var guardProven: UInt64
        package var guardMismatches: UInt64
        package var guardProvisional: UInt64
        package var guardChanges: UInt64
        package var guardRefused: UInt64

        package init(
            objects: Int, bytes: ByteCount, capacity: ByteCount, memoryObjects: Int, memoryBytes: ByteCount,
            requests: [String: UInt64], stored: UInt64, renewed: UInt64, evicted: UInt64, guardProven: UInt64, guardMismatches: UInt64,
            guardProvisional: UInt64, guardChanges: UInt64, guardRefused: UInt64
        ) {
            self.objects = objects
            self.bytes = bytes
            self.capacity = capacity
            self.memoryObjects = memoryObjects
            self.memoryBytes = memoryBytes
            self.requests = requests
            self.stored = stored
            self.renewed = renewed
            self.evicted = evicted
            self.guardProven = guardProven
            self.guardMismatches = guardMismatches
            self.guardProvisional = guardProvisional
            self.guardChanges = guardChanges
            self.guardRefused = guardRefused
        }
    }

    /// What the cache can do with a request, as `requests` calls it.
    package static let results = ["hit", "stale", "revalidated", "collapsed", "miss", "bypass"]

    package static let method = AdminMethod.get
    package var path: String { "/v1/cache" }
    package init() {}
}

/// What is stored under a URL.
package struct InspectCache: AdminOperation {
    package struct Answer: Codable, Sendable {
        /// Nil: nothing that this request would get.
        package var entry: Entry?
        /// Whether something is stored for other requests of the URL.
        package var hasVariants: Bool
        /// Where no release was asked for: those of which something is stored under the URL. Nil: nobody looked.
        package var releases: [ReleaseID]?

        package init(entry: Entry?, hasVariants: Bool, releases: [ReleaseID]? = nil) {
            self.entry = entry
            self.hasVariants = hasVariants
            self.releases = releases
        }
    }

    package struct Entry: Codable, Sendable {
        package var status: Int
        package var bytes: ByteCount
        package var digest: ContentDigest
        /// Seconds.
        package var age: Int64
        /// Seconds; negative when it is stale.
        package var remaining: Int64
        package var isMarkedStale: Bool
        package var isProvisional: Bool
        package var tags: [String]
        /// `name: value`.
        package var fields: [String]

        package init(
            status: Int, bytes: ByteCount, digest: ContentDigest, age: Int64, remaining: Int64, isMarkedStale: Bool, isProvisional: Bool,
            tags: [String], fields: [String]
        ) {
            self.status = status
            self.bytes = bytes
            self.digest = digest
            self.age = age
            self.remaining = remaining
            self.isMarkedStale = isMarkedStale
            self.isProvisional = isProvisional
            self.tags = tags
            self.fields = fields
        }
    }

    package static let method = AdminMethod.post
    package var url: String
    /// `Name: value`.
    package var headers: [String]
    /// Whose servers' answers are meant; nil: those that depend on no release.
    package var release: ReleaseID?
    package var path: String { "/v1/cache/inspect" }

    package init(url: String, headers: [String], release: ReleaseID? = nil) {
        self.url = url
        self.headers = headers
        self.release = release
    }
}

/// From now on nothing is used that was stored until now.
package struct PurgeCache: AdminOperation {
    package struct Answer: Codable, Sendable {
        package init() {}
    }

    package static let method = AdminMethod.post
    package var urls: [String]
    package var tags: [String]
    package var site: SiteName?
    /// All that came from servers of these; nil as none.
    package var releases: [ReleaseID]?
    /// Kept, and validated before it is used again.
    package var isSoft: Bool
    package var path: String { "/v1/cache/purge" }

    package init(urls: [String], tags: [String], site: SiteName?, releases: [ReleaseID] = [], isSoft: Bool) {
        self.releases = releases
        self.urls = urls
        self.tags = tags
        self.site = site
        self.isSoft = isSoft
    }
}
