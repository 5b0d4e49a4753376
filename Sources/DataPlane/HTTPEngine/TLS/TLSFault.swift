/// Why no encrypted connection to a server came about. Nothing of a request has been sent then.
package enum TLSFault: Hashable, Sendable {
    /// Nobody who is trusted has signed its certificate.
    case unknownAuthority
    case expired
    case notYetValid
    /// The certificate is for other names (RFC 9525 §6): its common name is not looked at.
    case wrongName
    /// Something else is wrong with it, in the words of the library.
    case badCertificate(String)
    /// The server ended the handshake with an alert (RFC 8446 §6.2).
    case refused(alert: UInt8)
    /// Both sides could not agree, or what came is no TLS.
    case noAgreement
    /// The server ended the connection in the middle of the handshake.
    case ended

    /// For the log.
    package var words: String {
        switch self {
        case .unknownAuthority: "tls-unknown-authority"
        case .expired: "tls-expired"
        case .notYetValid: "tls-not-yet-valid"
        case .wrongName: "tls-wrong-name"
        case .badCertificate(let reason): "tls-certificate: \(reason)"
        case .refused(let alert): "tls-refused: alert \(alert)"
        case .noAgreement: "tls-handshake"
        case .ended: "tls-ended"
        }
    }
}

/// Why a connection to a server is no more.
package enum OutgoingFault: Hashable, Sendable {
    /// Of `errno`.
    case system(Int32)
    /// Before it was open.
    case tls(TLSFault)
}
