import Model
import Names

/// One name of a release: what it is called, what its content is, and what the name says about the content.
package struct ManifestEntry: Hashable, Sendable {
    /// The path below the site's root without a leading slash, in UTF-8; with `?query` where a build manifest lists the
    /// query as part of the name.
    package var name: String
    package var digests: ContentDigests
    /// Bytes of the content, identity-coded.
    package var size: UInt64
    package var nameClass: NameClass

    package init(name: String, digests: ContentDigests, size: UInt64, nameClass: NameClass) {
        self.name = name
        self.digests = digests
        self.size = size
        self.nameClass = nameClass
    }
}

package enum ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    case emptyName
    case nameTooLong(String)
    case repeatedName(String)
    case tooManyEntries(Int)
    case missing(path: String)
    case unreadable(path: String, reason: String)
    case notAManifest(path: String)
    case newerVersion(path: String, found: UInt32)
    case damaged(path: String, what: String)
    case wrongID(path: String, found: ReleaseID)

    package var description: String {
        switch self {
        case .emptyName: "a release cannot hold an empty name"
        case .nameTooLong(let name): "the name is longer than \(ManifestLayout.maximumNameLength) bytes: \(name.prefix(60))…"
        case .repeatedName(let name): "the name stands twice: \(name)"
        case .tooManyEntries(let count): "\(count) names are more than a release can hold"
        case .missing(let path): "there is no release manifest \(path)"
        case .unreadable(let path, let reason): "cannot read the release manifest \(path): \(reason)"
        case .notAManifest(let path): "\(path) is no release manifest"
        case .newerVersion(let path, let found): "\(path) has format version \(found): written by a newer tandem"
        case .damaged(let path, let what): "the release manifest \(path) is damaged: \(what)"
        case .wrongID(let path, let found): "the release manifest \(path) has the content of release \(found.hex)"
        }
    }
}
