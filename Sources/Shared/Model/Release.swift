/// Where a release stands. *Live* = canary, current or draining.
package enum ReleaseState: String, Sendable, Codable, CaseIterable {
    case published, canary, current, draining, kept, removed, revoked

    package var isLive: Bool { self == .canary || self == .current || self == .draining }
    /// Whether its fingerprinted names answer.
    package var answersNames: Bool { self != .removed && self != .revoked }
}

/// A release as the state database knows it. Its tree is in the release manifest.
package struct ReleaseRecord: Hashable, Sendable, Codable {
    package var site: SiteName
    package var id: ReleaseID
    package var state: ReleaseState
    package var label: String?
    package var isProtected: Bool
    /// Adds names and never becomes current: for sites whose pages come from elsewhere (`publish --assets`).
    package var isAssetsOnly: Bool
    /// Was current, and was then rolled back or aborted: `rollback` without an id passes over it.
    package var wasRejected: Bool
    package var fileCount: Int
    package var contentBytes: UInt64
    package var publishedAt: Timestamp
    /// When the same release was last published again while it was there; nil: never.
    package var republishedAt: Timestamp?
    /// When it last became current; nil if it never was.
    package var currentAt: Timestamp?
    /// When it last ceased to be canary or current: ages of retention count from here, else from publishing.
    package var leftAt: Timestamp?
    /// Whether its pages register a service worker: such caches outlive HTTP, so its names stay for `maximum_age`.
    package var hasServiceWorker: Bool
    /// Servers of its own for backends of the site, which answer its visitors instead of the configured ones; nil: none.
    package var backends: [ReleaseBackend]?

    /// When somebody last said that it is wanted.
    package var offeredAt: Timestamp { max(publishedAt, republishedAt ?? publishedAt) }

    package init(
        site: SiteName, id: ReleaseID, state: ReleaseState = .published, label: String? = nil, isProtected: Bool = false,
        isAssetsOnly: Bool = false, wasRejected: Bool = false, fileCount: Int, contentBytes: UInt64, publishedAt: Timestamp,
        republishedAt: Timestamp? = nil, currentAt: Timestamp? = nil, leftAt: Timestamp? = nil, hasServiceWorker: Bool = false,
        backends: [ReleaseBackend]? = nil
    ) {
        self.site = site
        self.id = id
        self.state = state
        self.label = label
        self.isProtected = isProtected
        self.isAssetsOnly = isAssetsOnly
        self.wasRejected = wasRejected
        self.fileCount = fileCount
        self.contentBytes = contentBytes
        self.publishedAt = publishedAt
        self.republishedAt = republishedAt
        self.currentAt = currentAt
        self.leftAt = leftAt
        self.hasServiceWorker = hasServiceWorker
        self.backends = backends
    }
}

/// One server of a backend that a release brings (`publish --backend NAME=URL`).
package struct ReleaseBackend: Hashable, Sendable, Codable {
    /// Of the configured backend whose servers it stands in for.
    package var name: String
    package var url: String

    package init(name: String, url: String) {
        self.name = name
        self.url = url
    }
}
