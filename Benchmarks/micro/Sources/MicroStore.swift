import Glibc
import Manifests
import Model
import Names
import Snapshots

/// A release of many fingerprinted names in a folder that goes with the object; only the first has its bytes.
final class MicroStore {
    static let hotName = name(0)
    static let content = [UInt8](repeating: 0x61, count: 4096)

    let manifest: Manifest
    let snapshot: Snapshot
    private let folder: String

    static func name(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "assets/part-\(String(repeating: "0", count: 16 - digits.count) + digits).js"
    }

    init(entries: Int) throws {
        var template = Array("/tmp/tandem-micro-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { name in name.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } }
        guard let made else { throw MicroError.system("mkdtemp", errno) }
        folder = made
        let digests = Self.content.withUnsafeBytes { ContentDigests(of: $0) }
        let image = try ManifestImage(
            (0..<entries).map { number in
                ManifestEntry(name: Self.name(number), digests: digests, size: UInt64(Self.content.count), nameClass: .strong)
            })
        try Self.write(image.bytes, to: "\(folder)/manifest")
        blobFolder = "\(folder)/\(digests.sha256.hex.prefix(2))"
        blob = "\(blobFolder)/\(digests.sha256.hex)"
        if mkdir(blobFolder, 0o700) != 0 { throw MicroError.system("mkdir", errno) }
        try Self.write(Self.content, to: blob)
        manifest = try Manifest.open(path: "\(folder)/manifest", id: image.id)
        let release = ServedRelease(manifest: manifest, encodings: nil, state: .current)
        let site = SiteSnapshot(
            name: .default, hosts: [.any], policy: SitePolicy(), releases: [release],
            union: UnionIndex(releases: [manifest], merged: nil), current: 0, canary: nil)
        snapshot = Snapshot(number: 1, sites: [site], blobs: BlobReader(folder: folder))
    }

    private let blobFolder: String
    private let blob: String

    deinit {
        unlink("\(folder)/manifest")
        unlink(blob)
        rmdir(blobFolder)
        rmdir(folder)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw MicroError.system("open", errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { raw in raw.baseAddress.map { Glibc.write(descriptor, $0 + done, raw.count - done) } ?? -1 }
            if count <= 0 { throw MicroError.system("write", errno) }
            done += count
        }
    }
}
