import Model

/// Where a certificate comes from: two files, the local authority, later an ACME account.
///
/// Asked about once a second. It keeps no state of its own: what was served last is told by its version.
package protocol CertificateSource: Sendable {
    /// What the log calls it.
    var label: String { get }
    /// What is there now: it differs whenever another pair may be there. Cheap.
    func version(now: Timestamp) -> CertificateVersion
    /// Reads the pair, or makes it.
    /// - Throws: why it cannot be served with, its validity in time included.
    func load(now: Timestamp) throws(CertificateFault) -> CertificatePair
}

/// Tells one state of a source from another.
package struct CertificateVersion: Hashable, Sendable {
    private let marks: [Int64]

    package init(marks: [Int64]) {
        self.marks = marks
    }
}
