import Model

/// What the manifest in the input says: a tree that was digested before keeps its names.
///
/// A manifest is believed only where the file still has the digest that it states: somebody may have edited the output.
struct CarriedNames: Hashable, Sendable {
    static let none = CarriedNames()

    /// Names in the tree that carry their digest.
    private(set) var fingerprinted: Set<String> = []
    /// Plain names that stand beside such a one.
    private(set) var plain: Set<String> = []
    /// What a source calls the file that has a name in the tree.
    private(set) var keys: [String: String] = [:]
    private(set) var ofComponent: Set<String> = []
    private(set) var fixed: Set<String> = []
    /// The build's digest, where the tree is still the one that the manifest describes.
    private(set) var build: String?

    private init() {}

    init(_ manifest: BuildManifest, tree: BuildTree, digest: (Int) -> ContentDigest) {
        var whole = 0
        for (key, entry) in manifest.entries {
            guard let index = tree[entry.path], digest(index) == entry.digest else { continue }
            whole += 1
            guard entry.path != key else { continue }
            fingerprinted.insert(entry.path)
            keys[entry.path] = key
            if entry.isOfComponent { ofComponent.insert(entry.path) }
            if entry.isFixed { fixed.insert(entry.path) }
            if entry.isPlain, let plainIndex = tree[key], digest(plainIndex) == entry.digest {
                plain.insert(key)
                whole += 1
            }
        }
        if whole == tree.files.count { build = manifest.build }
    }

    /// Files beside contents that hold them compressed: made again, not taken for contents.
    static func encodings(_ manifest: BuildManifest) -> Set<String> {
        Set(manifest.encodingFiles.map(\.path))
    }
}
