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

    /// - Parameter target: a folder that is empty or does not exist.
    package func run(_ id: ReleaseID, to target: String) throws {
        if !FileReader.names(in: target).isEmpty { throw ReleaseFault.targetNotEmpty(target) }
        let manifest = try Manifest.open(path: directory.manifestPath(id), id: id)
        try DurableFile.makeFolder(target)
        var folders: Set<String> = []
        for index in 0..<manifest.count {
            let name = manifest.name(at: index)
            var folder = target
            for part in name.split(separator: "/").dropLast() {
                folder += "/\(part)"
                if folders.insert(folder).inserted { try DurableFile.makeFolder(folder) }
            }
            let bytes = try directory.blobs.read(manifest.content(at: index))
            guard bytes.withUnsafeBytes({ ContentDigest(of: $0) }) == manifest.content(at: index) else {
                try directory.blobs.verify(manifest.content(at: index))
                continue
            }
            try DurableFile.write(bytes, to: "\(target)/\(name)", flushing: false)
        }
    }
}
