import Glibc
import Manifests
import Model
import Names

/// A folder under `/tmp` that goes with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/tandem-manifests-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ bytes: some Collection<UInt8>, as name: String) -> String {
        let file = "\(path)/\(name)"
        // A new file each time: file systems flush one that is emptied and written again, which waits for the disk.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        precondition(descriptor >= 0, "cannot write \(file)")
        defer { close(descriptor) }
        let all = Array(bytes)
        all.withUnsafeBytes { precondition(Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count) }
        return file
    }

    /// Stores a release and opens it.
    func publish(_ entries: [ManifestEntry]) throws -> Manifest {
        let image = try ManifestImage(entries)
        return try Manifest.open(path: write(image.bytes, as: image.id.hex), id: image.id)
    }
}

extension ManifestEntry {
    /// A name whose content is the text.
    init(_ name: String, content: String, _ nameClass: NameClass = .document) {
        let bytes = Array(content.utf8)
        self.init(
            name: name, digests: bytes.withUnsafeBytes { ContentDigests(of: $0) }, size: UInt64(bytes.count), nameClass: nameClass)
    }
}

/// `count` different names with the digests of one small pool of contents: hashing is not what is tested here.
func manyEntries(_ count: Int) -> [ManifestEntry] {
    let pool = (0..<64).map { ManifestEntry("x", content: "content \($0)") }
    return (0..<count).map { index in
        var entry = pool[index % pool.count]
        entry.name = "assets/\(index % 97)/chunk-\(index).js"
        entry.nameClass = index.isMultiple(of: 3) ? .strong : .document
        return entry
    }
}
