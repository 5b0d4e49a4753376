internal import CNIOBoringSSL
import Glibc

/// Certificates that are trusted to sign those of servers, read once and shared by all connectors of a process.
// Nothing is added after init, and BoringSSL locks what look-ups change: hence unchecked.
package final class TLSAuthorities: @unchecked Sendable {
    let store: OpaquePointer

    /// Where systems keep the authorities that they trust: Debian, Fedora, Alpine and others.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    /// Those that this system trusts.
    /// - Throws: `TLSIdentityError` when it has none.
    package static func system() throws(TLSIdentityError) -> TLSAuthorities {
        guard let file = systemFiles.first(where: { access($0, R_OK) == 0 }) else {
            throw TLSIdentityError(reason: "this system has no authorities: install ca-certificates, or name a file of them")
        }
        let authorities = try TLSAuthorities()
        guard X509_STORE_load_locations(authorities.store, file, nil) == 1 else {
            ERR_clear_error()
            throw TLSIdentityError(reason: "\(file) cannot be read")
        }
        return authorities
    }

    /// Those of a file. Each is trusted as it stands, also where it is no authority: so that a server's own certificate can be named.
    /// - Parameter text: PEM.
    package convenience init(_ text: [UInt8]) throws(TLSIdentityError) {
        try self.init()
        let certificates = TLSContext.certificates(text)
        defer { for certificate in certificates { X509_free(certificate) } }
        if certificates.isEmpty { throw TLSIdentityError(reason: "there is no authority") }
        for certificate in certificates { X509_STORE_add_cert(store, certificate) }
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        ERR_clear_error()
    }

    private init() throws(TLSIdentityError) {
        guard let made = X509_STORE_new() else { throw TLSIdentityError(reason: "there is no memory") }
        store = made
    }

    deinit { X509_STORE_free(store) }
}
