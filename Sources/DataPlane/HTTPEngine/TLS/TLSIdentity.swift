/// A certificate with its key, ready to shake hands with: TLS 1.2 and 1.3, sessions resumed by tickets.
package struct TLSIdentity: Sendable {
    /// DNS names that it is for, `*.` in front of wildcards.
    package let names: [String]
    let context: TLSContext

    /// Whether clients are asked for a certificate of their own.
    package enum ClientCertificates: Hashable, Sendable {
        case ignored
        /// Whoever sends one must send a valid one. PEM of the authorities.
        case optional(authorities: [UInt8])
        /// Without a valid one there is no handshake. PEM of the authorities.
        case required(authorities: [UInt8])
    }

    /// - Parameters:
    ///   - chain: PEM, the server's own certificate first.
    ///   - key: PEM.
    ///   - names: DNS names of the first certificate.
    /// - Throws: `TLSIdentityError` when TLS does not take them: what reads them has looked for everything that can be named.
    package init(chain: [UInt8], key: [UInt8], names: [String], clients: ClientCertificates = .ignored) throws(TLSIdentityError) {
        self.names = names
        context = try TLSContext(chain: chain, key: key, clients: clients)
    }
}

package struct TLSIdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { "TLS does not take the certificate or its key: \(reason)" }
}
