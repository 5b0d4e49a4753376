import Model

/// What a build's own manifest says of its files. It is believed as far as the bytes agree.
package struct ListedNames: Sendable, Hashable {
    package static let none = ListedNames(fingerprinted: [:], encodings: [:], manifests: [])

    /// One content in one coding, lying beside it.
    package struct Encoding: Sendable, Hashable {
        /// The path of the content.
        package var source: String
        package var coding: Coding

        package init(source: String, coding: Coding) {
            self.source = source
            self.coding = coding
        }
    }

    /// Names that mean one content, with `?query` where the digest stands there, and the digest of that content.
    package var fingerprinted: [String: ContentDigest]
    /// By path: no files of the site.
    package var encodings: [String: Encoding]
    /// Paths of the manifests themselves: input for templates, not part of the site.
    package var manifests: Set<String>

    package init(fingerprinted: [String: ContentDigest], encodings: [String: Encoding], manifests: Set<String>) {
        self.fingerprinted = fingerprinted
        self.encodings = encodings
        self.manifests = manifests
    }

    /// Whether a file is only there to describe or to carry others.
    func leavesOut(_ name: String) -> Bool { encodings[name] != nil || manifests.contains(name) }

    /// The listed names of these contents that hold; a file that was changed after its digest is not what the manifest says.
    func holding(_ digests: [String: ContentDigest]) -> Set<String> {
        Set(fingerprinted.lazy.filter { name, digest in digests[String(name.prefix { $0 != "?" })] == digest }.map(\.key))
    }
}
