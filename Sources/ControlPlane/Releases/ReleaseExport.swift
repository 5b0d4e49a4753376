import Blobs
import Glibc
import Manifests
import Model

/// Writes a release back into a folder, byte for byte.
package struct ReleaseExport: Sendable {
    private let directory: DataDirectory

    package init(directory: DataDirectory) {
        self.directory = directory
    }

    /// - Parameter target: a folder that is empty or does not exist. After an error it holds part of the release.
    /// - Throws: `ReleaseFault`, `ManifestError`, and `BlobError` for a content that is missing or damaged.
    package func run(_ id: ReleaseID, to target: String) throws {
        if !FileReader.names(in: target).isEmpty { throw ReleaseFault.targetNotEmpty(target) }
        let manifest = try Manifest.open(path: directory.manifestPath(id), id: id)
        for index in 0..<manifest.count where !ServableName.holds(manifest.nameBytes(at: index)) {
            throw ReleaseFault.unservableName(manifest.name(at: index), id)
        }
        try DurableFile.makeFolder(target)
        var folders: Set<String> = []
        for index in 0..<manifest.count {
            let name = manifest.name(at: index)
            var folder = target
            for part in name.split(separator: "/").dropLast() {
                folder += "/\(part)"
                if folders.insert(folder).inserted { try DurableFile.makeFolder(folder) }
            }
            try directory.blobs.copy(manifest.content(at: index), to: "\(target)/\(name)")
        }
    }
}
