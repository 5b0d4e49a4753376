import Model

/// Why something cannot become, or stay, a release. Nothing was changed.
package enum ReleaseFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// One name would mean two contents (rule 1).
    case conflict(name: String, mine: ContentDigest, other: ReleaseID, theirs: ContentDigest)
    case missingBlob(ContentDigest, name: String)
    case wrongSize(ContentDigest, name: String, expected: UInt64, found: UInt64)
    case missingManifest(ReleaseID)
    case targetNotEmpty(String)
    /// A manifest with a name that is no path below a folder.
    case unservableName(String, ReleaseID)

    package var description: String {
        switch self {
        case .conflict(let name, let mine, let other, let theirs):
            "\(name) would mean two contents: release \(other) has it with \(theirs.hex.prefix(12))…, this build with \(mine.hex.prefix(12))…\n"
                + "A fingerprinted name means one content for as long as a release has it. Let the bundler make a new name. If nobody uses\n"
                + "that release any more and it is not current, `tandem release revoke \(other)` frees its names."
        case .missingBlob(let digest, let name):
            "the content of \(name) is not in the store (blob \(digest.hex.prefix(12))…)\nPublish again."
        case .wrongSize(let digest, let name, let expected, let found):
            "the content of \(name) has \(found) bytes in the store instead of \(expected) (blob \(digest.hex.prefix(12))…)\nRun `tandem fsck`."
        case .missingManifest(let id): "the store has no manifest of release \(id)\nPublish again."
        case .unservableName(let name, let id):
            "release \(id) has the name \(String(reflecting: name)), which is no path inside a site\nIts manifest was not made by a publish: do not use it."
        case .targetNotEmpty(let path): "\(path) is not empty: export writes into a new or empty folder"
        }
    }

    /// Whether a rule of the design refuses it.
    package var isRefusal: Bool {
        if case .conflict = self { true } else { false }
    }
}
