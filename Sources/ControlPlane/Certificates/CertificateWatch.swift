import Model

/// Decides when a source is read again: once a change has stood for two looks, so that a certificate and its key which are
/// written one after the other are not read in between.
///
/// ```
///  same ── other version ──▶ changing ── the same version again ──▶ read
///                               ▲  another one │
///                               └──────────────┘
/// ```
package struct CertificateWatch: Sendable {
    /// What was read last, whether it was good or not: a bad pair is spoken of once.
    private var read: CertificateVersion
    private var seen: CertificateVersion

    package init(read: CertificateVersion) {
        self.read = read
        seen = read
    }

    /// - Returns: whether to read the source now.
    package mutating func look(_ version: CertificateVersion) -> Bool {
        defer { seen = version }
        guard version != read, version == seen else { return false }
        read = version
        return true
    }
}
