import NIOCore
import NIOSSL

/// A certificate with its key, ready to shake hands with: TLS 1.2 and 1.3, sessions resumed by tickets.
package struct TLSIdentity: Sendable {
    /// DNS names that it is for, `*.` in front of wildcards.
    package let names: [String]
    let context: NIOSSLContext
    let native: TLSContext

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
        native = try TLSContext(chain: chain, key: key, clients: clients)
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            // The most wanted first (RFC 7301).
            configuration.applicationProtocols = ["h2", "http/1.1"]
            configuration.shutdownTimeout = .seconds(1)
            switch clients {
            case .ignored: configuration.certificateVerification = .none
            case .optional(let authorities):
                configuration.certificateVerification = .optionalVerification
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            case .required(let authorities):
                configuration.certificateVerification = .noHostnameVerification
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            }
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSIdentityError(reason: "\(error)")
        }
    }
}

package struct TLSIdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { "TLS does not take the certificate or its key: \(reason)" }
}
