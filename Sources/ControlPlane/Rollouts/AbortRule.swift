import Model

/// When a rollout undoes itself: `rollout.abort` of the configuration.
package struct AbortRule: Hashable, Sendable {
    /// How much larger the share of server errors may be than that of the old release beside it. Nil: not looked at.
    package var errorRatio: Share?
    /// From how many requests for missing assets on, beyond what the old release would have had. Nil: not looked at.
    package var missingAssets: Int?
    /// Distinct clients that must have met the missing assets: nobody can force a rollback alone. Default: 3.
    package var clients: Int
    /// Fewer requests of a release than this, within `over`, prove nothing. Default: 200.
    package var minimumRequests: Int
    /// The time looked back. Default: 1 min.
    package var over: Duration

    package init(
        errorRatio: Share? = nil, missingAssets: Int? = nil, clients: Int = 3, minimumRequests: Int = 200,
        over: Duration = .seconds(60)
    ) {
        self.errorRatio = errorRatio
        self.missingAssets = missingAssets
        self.clients = clients
        self.minimumRequests = minimumRequests
        self.over = over
    }
}

/// What one release answered since the last sample.
package struct ReleaseSample: Hashable, Sendable {
    package var release: ReleaseID
    package var requests: Int
    /// Answers of 500 and above.
    package var serverErrors: Int
    /// Requests that found nothing under a name that the release itself refers to.
    package var missingAssets: Int
    /// The clients that met the missing assets.
    package var missingClients: ClientSketch

    package init(
        release: ReleaseID, requests: Int, serverErrors: Int = 0, missingAssets: Int = 0, missingClients: ClientSketch = ClientSketch()
    ) {
        self.release = release
        self.requests = requests
        self.serverErrors = serverErrors
        self.missingAssets = missingAssets
        self.missingClients = missingClients
    }
}

/// Compares the new release with the old one beside it, over a sliding window of samples.
///
/// It compares, so a bad day for both aborts nothing: where the old release has too few requests to compare with, as at the
/// last step, the last window in which it had enough is the measure; without one there is no verdict. The window is kept in
/// memory only: after a restart the minimum of requests has to come together again.
package struct AbortWatch: Sendable {
    private struct Entry {
        var at: Timestamp
        var sample: ReleaseSample
    }

    private struct Total {
        var requests = 0
        var serverErrors = 0
        var missingAssets = 0
        var missingClients = ClientSketch()
    }

    private var entries: [Entry] = []
    private var measure: (release: ReleaseID, total: Total)?

    package init() {}

    package mutating func record(_ samples: [ReleaseSample], now: Timestamp) {
        entries += samples.map { Entry(at: now, sample: $0) }
    }

    /// Why the new release has to go; nil if nothing is proven against it.
    package mutating func verdict(on new: ReleaseID, beside old: ReleaseID, rule: AbortRule, now: Timestamp) -> String? {
        entries.removeAll { now - $0.at > rule.over || $0.at > now }
        let beside = total(of: old)
        if beside.requests >= rule.minimumRequests {
            measure = (old, beside)
        } else if measure?.release != old {
            measure = nil
        }
        let judged = total(of: new)
        guard let measure = measure?.total, judged.requests >= rule.minimumRequests else { return nil }
        let scale = Double(judged.requests) / Double(measure.requests)
        if let limit = rule.errorRatio {
            let excess = Double(judged.serverErrors) - Double(measure.serverErrors) * scale
            if excess * 10_000 > Double(limit.basisPoints) * Double(judged.requests) {
                return "\(judged.serverErrors) of \(judged.requests) answers were server errors, "
                    + "against \(measure.serverErrors) of \(measure.requests) of the old release"
            }
        }
        if let limit = rule.missingAssets, judged.missingClients.estimate >= rule.clients {
            let excess = Double(judged.missingAssets) - Double(measure.missingAssets) * scale
            if excess >= Double(limit) {
                return "\(judged.missingAssets) requests of \(judged.missingClients.estimate) clients missed assets that it refers to, "
                    + "against \(measure.missingAssets) of the old release"
            }
        }
        return nil
    }

    private func total(of release: ReleaseID) -> Total {
        var total = Total()
        for entry in entries where entry.sample.release == release {
            total.requests += entry.sample.requests
            total.serverErrors += entry.sample.serverErrors
            total.missingAssets += entry.sample.missingAssets
            total.missingClients.formUnion(entry.sample.missingClients)
        }
        return total
    }
}
