/// Certificates and keys as they were when a configuration was copied, by path: what was validated is what is served with, though the
/// files may be written meanwhile.
package struct CopiedFiles: Sendable {
    private let bytes: [String: [UInt8]]

    /// - Parameter bytes: by path, as the configuration names it; what is missing is read where it stands.
    package init(_ bytes: [String: [UInt8]] = [:]) {
        self.bytes = bytes
    }

    package func read(_ path: String) throws(CertificateFault) -> [UInt8] {
        if let found = bytes[path] { return found }
        return try CertificateFiles.read(path)
    }

    /// Whether the file says the same still.
    func isCurrent(_ path: String) -> Bool {
        guard let found = bytes[path] else { return true }
        return (try? CertificateFiles.read(path)) == found
    }
}
