import Model
import Synchronization

/// What one event loop saw of one release since it last handed over.
package struct ReleaseCounts: Sendable {
    package var site: SiteName
    package var release: ReleaseID
    /// Every answer from it.
    package var requests: UInt64 = 0
    /// Documents among them.
    package var documents: UInt64 = 0
    /// Answers of status 500 and above.
    package var errors: UInt64 = 0
    /// Requests that only it could answer.
    package var needed: UInt64 = 0
    package var sketch = ClientSketch()
    package var lastNeededAt: Timestamp?
    package var neededNames: [String] = []

    package init(site: SiteName, release: ReleaseID) {
        self.site = site
        self.release = release
    }
}

/// A suspected name that nobody had, as counted for the abort rule.
package struct MissingName: Sendable, Hashable {
    package var site: SiteName
    package var name: String
    package var client: UInt64
    package var at: Timestamp

    package init(site: SiteName, name: String, client: UInt64, at: Timestamp) {
        self.site = site
        self.name = name
        self.client = client
        self.at = at
    }
}

/// Other content under a name than the one that it says.
package struct GuardFinding: Sendable, Hashable {
    package let url: String
    /// The digest in the name, and that of the content, as digits.
    package let says: String
    package let has: String

    package init(url: String, says: String, has: String) { (self.url, self.says, self.has) = (url, says, has) }
}

/// What a loop hands over about once a second.
package struct CounterBatch: Sendable {
    package var releases: [ReleaseCounts] = []
    package var missing: [MissingName] = []
    package var missingCount: UInt64 = 0
    /// Blobs that should be there and were not, or were short: (release, blob, what is wrong).
    package var damaged: [(release: ReleaseID, blob: ContentDigest, what: String)] = []
    package var requests: UInt64 = 0
    package var refused: UInt64 = 0
    /// Lines of the access log that did not fit into its queue, since the last batch.
    package var droppedLogLines: UInt64 = 0
    package var connections = 0
    /// Requests of routes that keep something, by what the cache did.
    package var cacheResults: [String: UInt64] = [:]
    package var guardFindings: [GuardFinding] = []

    package init() {}
}

/// The only way back from the data plane: loops put their batches in, the control plane takes them out.
package final class CounterBox: Sendable {
    private let batches = Mutex<[CounterBatch]>([])

    package init() {}

    package func put(_ batch: CounterBatch) {
        batches.withLock { $0.append(batch) }
    }

    package func takeAll() -> [CounterBatch] {
        batches.withLock { held in
            let all = held
            held.removeAll()
            return all
        }
    }
}
