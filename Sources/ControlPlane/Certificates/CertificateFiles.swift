import Files
import Glibc
import Model

/// A certificate and its key as two files that somebody else writes: an administrator, certbot, a mounted secret.
package struct CertificateFiles: CertificateSource, Hashable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    package var label: String { certificate }

    /// Follows links: what certbot and mounted secrets change is where a link leads.
    package func version(now: Timestamp) -> CertificateVersion {
        CertificateVersion(marks: [certificate, key].flatMap(Self.marks))
    }

    /// Of any files; of the copy where they were written since.
    package static func version(of paths: [String], _ copied: CopiedFiles = CopiedFiles()) -> CertificateVersion {
        let version = CertificateVersion(marks: paths.flatMap(marks))
        return paths.allSatisfy(copied.isCurrent) ? version : CertificateVersion(marks: [])
    }

    private static func marks(_ path: String) -> [Int64] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [-1] }
        return [
            Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
        ]
    }

    package func load(now: Timestamp) throws(CertificateFault) -> CertificatePair {
        let pair = try read()
        try pair.check(now: now, path: certificate)
        return pair
    }

    /// The same, whatever the time says.
    package func read(_ copied: CopiedFiles = CopiedFiles()) throws(CertificateFault) -> CertificatePair {
        try CertificatePair(chain: try copied.read(certificate), key: try copied.read(key), certificatePath: certificate, keyPath: key)
    }

    /// Of the copy: another one than that of the files if they were written since.
    package func version(_ copied: CopiedFiles, now: Timestamp) -> CertificateVersion {
        // Asked first: what changes after this look is seen by the next.
        let version = version(now: now)
        return copied.isCurrent(certificate) && copied.isCurrent(key) ? version : CertificateVersion(marks: [])
    }

    /// A file of certificates that may have signed others.
    package static func authorities(_ path: String, _ copied: CopiedFiles = CopiedFiles()) throws(CertificateFault) -> [UInt8] {
        let bytes = try copied.read(path)
        try CertificatePair.checkCertificates(bytes, path)
        return bytes
    }

    /// The most that is read: a chain is some kilobytes.
    private static let maximum = 1 << 20

    package static func read(_ path: String) throws(CertificateFault) -> [UInt8] {
        let file: OpenFile
        do throws(MappingError) {
            file = try OpenFile(path: path)
        } catch {
            throw .unreadable(path: path, code: error.errno)
        }
        guard file.size <= maximum else { throw .unreadable(path: path, code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: maximum)
        let count = pread(file.descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .unreadable(path: path, code: errno) }
        return Array(bytes[..<count])
    }
}
