import CTandem
import Files
import Glibc
import Model

/// Reads blobs by digest for the data plane: `ab/abcd…` under one folder, which is held open, so that the kernel looks up two
/// names for a blob and not the data folder's whole path, and no string is made.
package final class BlobReader: Sendable {
    private let folder: Int32
    /// `ab/`, 64 digits and a zero.
    private static let nameCount = 68

    /// - Parameter folder: `blobs/sha256` of a data folder. One that cannot be opened has no blobs.
    package init(folder path: String) {
        folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    deinit {
        if folder >= 0 { Glibc.close(folder) }
    }

    /// The blob, held open; nil with `errno` set when it is not there or not of this size.
    package func open(_ digest: ContentDigest, size: Int) -> OpenFile? {
        Self.withName(of: digest) { OpenFile(in: folder, name: $0, size: size) }
    }

    /// All its bytes; nil with `errno` set when it is not there or shorter.
    package func read(_ digest: ContentDigest, size: Int) -> [UInt8]? {
        let descriptor = Self.withName(of: digest) { tandem_open_in(folder, $0) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                count += got
            }
        }
        if bytes.count == size { return bytes }
        errno = ENOENT
        return nil
    }

    /// Whether it is there, and whole by its size.
    package func contains(_ digest: ContentDigest, size: Int) -> Bool {
        var status = stat()
        return Self.withName(of: digest) { fstatat(folder, $0, &status, 0) } == 0 && Int(status.st_size) == size
    }

    private static func withName<Result>(of digest: ContentDigest, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: nameCount) { name in
            guard let start = name.baseAddress else { preconditionFailure("no memory for a name") }
            start.withMemoryRebound(to: UInt8.self, capacity: nameCount) { bytes in
                digest.writeHex(to: bytes + 3)
                bytes[0] = bytes[3]
                bytes[1] = bytes[4]
                bytes[2] = UInt8(ascii: "/")
                bytes[nameCount - 1] = 0
            }
            return body(start)
        }
    }
}
