import Model

/// How a site moves from one release to the next: `sites.<site>.rollout` of the configuration.
package struct RolloutPolicy: Hashable, Sendable {
    /// Shares of documents, growing; none means straight to the whole.
    package var canary: [Share]
    /// How long each step lasts, the whole too when it follows a smaller one. Default: 5 min.
    package var step: Duration
    /// How long nothing may need a release before it leaves the drain. Default: 15 min.
    package var quiet: Duration
    /// Distinct clients within `quiet` from which on their requests count as need. At least 1; default: 1.
    package var clients: Int
    /// When a drain ends whatever is needed. Default: 30 days.
    package var deadline: Duration
    /// When a rollout undoes itself; default: never.
    package var abort: AbortRule?
    /// The longest max-age + stale-while-revalidate that documents are served with now. Default: none (`no-cache`).
    package var documentLifetime: Duration

    package init(
        canary: [Share] = [], step: Duration = .seconds(300), quiet: Duration = .seconds(900), clients: Int = 1,
        deadline: Duration = .seconds(30 * 86_400), abort: AbortRule? = nil, documentLifetime: Duration = .zero
    ) {
        self.canary = canary
        self.step = step
        self.quiet = quiet
        self.clients = clients
        self.deadline = deadline
        self.abort = abort
        self.documentLifetime = documentLifetime
    }

    /// The steps of a rollout, growing to the whole, and whether it holds at the first.
    /// - Parameter first: where to start (`publish --canary 5%`); the larger configured steps follow. Without such it holds.
    package func plan(from first: Share?) -> (steps: [Share], holds: Bool) {
        let configured = Set(canary).union([.whole]).filter { $0 > .none }.sorted()
        guard let first, first > .none, first < .whole else { return (first == .whole ? [.whole] : configured, false) }
        return ([first] + configured.filter { $0 > first }, canary.allSatisfy { $0 <= first })
    }
}

/// How long a site keeps releases that are no longer live: `sites.<site>.releases` of the configuration.
package struct RetentionPolicy: Hashable, Sendable {
    /// The newest releases, live ones among them, that are never removed. Default: 3.
    package var keep: Int
    /// Younger releases are never removed. Ages count from the end of being canary or current, else from publishing.
    /// Default: 7 days.
    package var minimumAge: Duration
    /// Older ones are removed even if they are needed. Default: 30 days.
    package var maximumAge: Duration
    /// How long nothing may have needed a release that is removed before `maximumAge`: `retire_when.quiet`. Default: 15 min.
    package var quiet: Duration

    package init(
        keep: Int = 3, minimumAge: Duration = .seconds(7 * 86_400), maximumAge: Duration = .seconds(30 * 86_400),
        quiet: Duration = .seconds(900)
    ) {
        self.keep = keep
        self.minimumAge = minimumAge
        self.maximumAge = maximumAge
        self.quiet = quiet
    }
}
