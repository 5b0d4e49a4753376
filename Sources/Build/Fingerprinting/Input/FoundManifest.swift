import Model

/// The build manifest of a folder, read once.
struct FoundManifest: Hashable, Sendable {
    let manifest: BuildManifest
    /// Of its bytes.
    let digest: ContentDigest

    /// - Returns: nil where the folder is no output of a digest.
    init?(in folder: String) {
        for name in BuildManifest.fileNames {
            guard let found = FoundManifest(at: "\(folder)/\(name)") else { continue }
            self = found
            return
        }
        return nil
    }

    init?(at path: String) {
        guard let bytes = FileBytes.read(at: path), let manifest = BuildManifest(json: bytes) else { return nil }
        self.manifest = manifest
        digest = bytes.withUnsafeBytes { ContentDigest(of: $0) }
    }
}
