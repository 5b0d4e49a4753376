import Glibc
import Model

/// Why a certificate and its key cannot be served with.
package enum CertificateFault: Error, Hashable, Sendable {
    case unreadable(path: String, code: Int32)
    /// The file holds no certificate in PEM.
    case noCertificate(path: String)
    /// The file holds no private key in PEM.
    case noKey(path: String)
    case encryptedKey(path: String)
    case malformedCertificate(path: String)
    case malformedKey(path: String)
    /// The key is not the first certificate's.
    case mismatch(certificate: String, key: String)
    case expired(path: String, at: Timestamp)
    case notYetValid(path: String, from: Timestamp)
    /// TLS itself does not take them, in its own words.
    case refused(certificate: String, reason: String)

    /// Whether the key is to blame rather than the certificate.
    package var isAboutKey: Bool {
        switch self {
        case .noKey, .encryptedKey, .malformedKey, .mismatch: true
        case .unreadable, .noCertificate, .malformedCertificate, .expired, .notYetValid, .refused: false
        }
    }

    /// Whether time alone is wrong: TLS would still take it.
    package var isAboutTime: Bool {
        switch self {
        case .expired, .notYetValid: true
        default: false
        }
    }
}

extension CertificateFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let path, let code): "cannot read \(path): \(String(cString: strerror(code)))"
        case .noCertificate(let path): "\(path) holds no certificate: it needs -----BEGIN CERTIFICATE-----"
        case .noKey(let path): "\(path) holds no private key: it needs -----BEGIN PRIVATE KEY-----"
        case .encryptedKey(let path): "the key \(path) is encrypted: store it without a passphrase, readable by its owner alone"
        case .malformedCertificate(let path): "\(path) holds a certificate that cannot be parsed"
        case .malformedKey(let path): "\(path) holds a private key that cannot be parsed: P-256, P-384, P-521, RSA and Ed25519 are known"
        case .mismatch(let certificate, let key):
            "the key \(key) is not the one of \(certificate): the server's own certificate stands first in its file"
        case .expired(let path, let at): "the certificate \(path) expired at \(at)"
        case .notYetValid(let path, let from): "the certificate \(path) is not valid before \(from)"
        case .refused(let certificate, let reason): "TLS does not take \(certificate): \(reason)"
        }
    }
}
