import Model

/// A publish begins: from here on a request for an unknown fingerprinted name may wait for it.
package struct BeginPublish: AdminOperation {
    package struct Answer: Codable, Sendable {
        package var publish: String
        package init(publish: String) { self.publish = publish }
    }

    package static let method = AdminMethod.post
    package var site: SiteName
    package var path: String { "/v1/sites/\(site)/publishes" }

    package init(site: SiteName) { self.site = site }
}

/// Says that an open publish goes on, or has ended without a release.
package struct TouchPublish: AdminOperation {
    package typealias Answer = Done

    package static let method = AdminMethod.post
    package var site: SiteName
    package var publish: String
    package var isOver: Bool
    package var path: String { "/v1/sites/\(site)/publishes/\(publish)" }

    package init(site: SiteName, publish: String, isOver: Bool) {
        self.site = site
        self.publish = publish
        self.isOver = isOver
    }
}

/// Makes what lies in the store a release: its manifest and blobs are checked again, then it exists.
package struct CommitRelease: AdminOperation {
    package static let method = AdminMethod.post
    package var site: SiteName
    package var release: ReleaseID
    package var publish: String?
    package var label: String?
    package var isAssetsOnly: Bool
    package var hasServiceWorker: Bool
    package var encodings: [EncodingRecord]
    /// Nil: those that the release has stay.
    package var backends: [ReleaseBackend]?
    package var path: String { "/v1/sites/\(site)/releases" }

    package struct Answer: Codable, Sendable {
        package var release: ReleaseID
        /// False when the site had this very release already.
        package var isNew: Bool
        package init(release: ReleaseID, isNew: Bool) {
            self.release = release
            self.isNew = isNew
        }
    }

    package init(
        site: SiteName, release: ReleaseID, publish: String?, label: String?, isAssetsOnly: Bool, hasServiceWorker: Bool,
        encodings: [EncodingRecord], backends: [ReleaseBackend]? = nil
    ) {
        self.backends = backends
        self.site = site
        self.release = release
        self.publish = publish
        self.label = label
        self.isAssetsOnly = isAssetsOnly
        self.hasServiceWorker = hasServiceWorker
        self.encodings = encodings
    }
}

/// Adds encodings that were made after the release went out.
package struct AddEncodings: AdminOperation {
    package typealias Answer = Done

    package static let method = AdminMethod.post
    package var site: SiteName
    package var release: ReleaseID
    package var encodings: [EncodingRecord]
    package var path: String { "/v1/sites/\(site)/releases/\(release.hex)/encodings" }

    package init(site: SiteName, release: ReleaseID, encodings: [EncodingRecord]) {
        self.site = site
        self.release = release
        self.encodings = encodings
    }
}

package struct Done: Codable, Sendable {
    /// What was done, in words.
    package var message: String
    package init(_ message: String = "done") { self.message = message }
}

/// What is recorded for the contents of a release, so that only the rest is made.
package struct ListEncodings: AdminOperation {
    package typealias Answer = [EncodingRecord]

    package static let method = AdminMethod.get
    package var site: SiteName
    package var release: ReleaseID
    package var path: String { "/v1/sites/\(site)/releases/\(release.hex)/encodings" }

    package init(site: SiteName, release: ReleaseID) {
        self.site = site
        self.release = release
    }
}
