import Crypto
import Glibc
import Model

/// Reading files in pieces of bounded size.
package enum FileReader {
    private static let pieceSize = 256 * 1024

    /// Calls `body` with the file's bytes, piece by piece.
    package static func forEachPiece(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(BlobError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        try forEachPiece(of: descriptor, path: path, body)
    }

    package static func forEachPiece(
        of descriptor: Int32, path: String, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(BlobError) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
        defer { piece.deallocate() }
        while true {
            let count = read(descriptor, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .system(call: "read", path: path, errno: errno) }
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }

    package static func readAll(_ path: String) throws(BlobError) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(of: path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    package static func digest(of path: String) throws(BlobError) -> ContentDigest {
        var hash = SHA256()
        try forEachPiece(of: path) { hash.update(bufferPointer: $0) }
        return ContentDigest(hash.finalize())
    }

    /// Copies to a new file and returns the digest of what was copied.
    static func copy(_ source: String, to target: String) throws(BlobError) -> ContentDigest {
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(call: "create", path: target, errno: errno) }
        defer { close(descriptor) }
        var hash = SHA256()
        var failure: BlobError?
        try forEachPiece(of: source) { piece in
            hash.update(bufferPointer: piece)
            guard failure == nil else { return }
            do throws(BlobError) { try DurableFile.write(Array(piece), to: descriptor, path: target) } catch { failure = error }
        }
        if let failure { throw failure }
        return ContentDigest(hash.finalize())
    }

    /// The names in a folder but `.` and `..`, sorted; empty when it cannot be read.
    package static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
