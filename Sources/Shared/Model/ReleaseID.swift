/// Names a release: the SHA-256 of its release manifest. The same input gives the same release.
package struct ReleaseID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// How many digits commands print, and the fewest they accept as an abbreviation.
    package static let shortCount = 12

    package var digest: ContentDigest

    package init(_ digest: ContentDigest) {
        self.digest = digest
    }

    package init?(hex: some StringProtocol) {
        guard let digest = ContentDigest(hex: hex) else { return nil }
        self.digest = digest
    }

    package init(from decoder: any Decoder) throws {
        digest = try ContentDigest(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try digest.encode(to: encoder)
    }

    /// 64 digits.
    package var hex: String { digest.hex }

    /// 12 digits, for people.
    package var short: String { String(digest.hex.prefix(Self.shortCount)) }

    package var description: String { short }

    package static func < (a: ReleaseID, b: ReleaseID) -> Bool { a.digest < b.digest }
}
