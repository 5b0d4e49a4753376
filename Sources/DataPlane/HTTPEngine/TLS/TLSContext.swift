internal import CNIOBoringSSL
import Glibc

/// A certificate and its key as BoringSSL has them: TLS 1.2 and 1.3, ALPN, sessions resumed by tickets.
///
/// The library is the one that swift-nio-ssl brings. It is used directly, since the pipeline around it costs as much as the kernel
/// (`docs/decisions/0012-tls-over-epoll.md`).
// Nothing is changed after init, and BoringSSL locks what connections share (ticket keys, counts): hence unchecked.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Whether clients are asked for certificates, as BoringSSL says it.
    let verification: Int32

    /// The most wanted first (RFC 7301), each behind its length.
    private static let protocols: StaticString = "\u{2}h2\u{8}http/1.1"

    /// Of TLS 1.2; 1.3 has no weak ones. Forward secrecy and authenticated encryption first, and last what old clients need.
    private static let ciphers =
        "ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES256:ECDH+AES128:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5"
    /// For the exchange of keys: first the one that a quantum computer would not break later.
    private static let groups = [
        UInt16(SSL_GROUP_X25519_MLKEM768), UInt16(SSL_GROUP_X25519), UInt16(SSL_GROUP_SECP256R1), UInt16(SSL_GROUP_SECP384R1),
    ]

    init(chain: [UInt8], key: [UInt8], clients: TLSIdentity.ClientCertificates) throws(TLSIdentityError) {
        guard let made = SSL_CTX_new(TLS_method()) else { throw TLSIdentityError(reason: "there is no memory") }
        pointer = made
        verification =
            switch clients {
            case .ignored: SSL_VERIFY_NONE
            case .optional: SSL_VERIFY_PEER
            case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            }
        do throws(TLSIdentityError) {
            try Self.use(chain, key, in: made)
            switch clients {
            case .ignored: break
            case .optional(let authorities), .required(let authorities): try trust(authorities)
            }
        } catch {
            SSL_CTX_free(made)
            throw error
        }
        Self.setAlgorithms(made)
        SSL_CTX_set_verify(made, verification, nil)
        // Tickets alone: no session is kept here.
        SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF)
        chooseProtocols()
        chooseByName()
    }

    deinit { SSL_CTX_free(pointer) }

    /// What both sides of a connection speak, here and where we are the client.
    static func setAlgorithms(_ pointer: OpaquePointer) {
        SSL_CTX_set_min_proto_version(pointer, UInt16(TLS1_2_VERSION))
        let isSet = SSL_CTX_set_cipher_list(pointer, ciphers) == 1 && SSL_CTX_set1_group_ids(pointer, groups, groups.count) == 1
        precondition(isSet, "BoringSSL does not know a name of ours")
    }

    static func use(_ chain: [UInt8], _ key: [UInt8], in pointer: OpaquePointer) throws(TLSIdentityError) {
        try use(chain, in: pointer)
        try use(key: key, in: pointer)
    }

    private static func use(_ chain: [UInt8], in pointer: OpaquePointer) throws(TLSIdentityError) {
        let certificates = certificates(chain)
        defer { for certificate in certificates { X509_free(certificate) } }
        guard let first = certificates.first, SSL_CTX_use_certificate(pointer, first) == 1 else {
            throw TLSIdentityError(reason: "there is no usable certificate")
        }
        for other in certificates.dropFirst() where SSL_CTX_add1_chain_cert(pointer, other) != 1 {
            throw TLSIdentityError(reason: "the chain has an unusable certificate")
        }
        // A session begun with one certificate is not resumed with another, though both have the listener's ticket keys.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { digest in
            var count: UInt32 = 0
            X509_digest(first, EVP_sha256(), digest.baseAddress, &count)
            SSL_CTX_set_session_id_context(pointer, digest.baseAddress, min(Int(count), 32))
        }
    }

    private static func use(key: [UInt8], in pointer: OpaquePointer) throws(TLSIdentityError) {
        let parsed = reading(key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        guard let parsed else { throw TLSIdentityError(reason: "there is no usable key") }
        defer { EVP_PKEY_free(parsed) }
        guard SSL_CTX_use_PrivateKey(pointer, parsed) == 1, SSL_CTX_check_private_key(pointer) == 1 else {
            ERR_clear_error()
            throw TLSIdentityError(reason: "the key is not the certificate's")
        }
    }

    private func trust(_ authorities: [UInt8]) throws(TLSIdentityError) {
        let certificates = Self.certificates(authorities)
        defer { for certificate in certificates { X509_free(certificate) } }
        if certificates.isEmpty { throw TLSIdentityError(reason: "there is no authority for client certificates") }
        let store = SSL_CTX_get_cert_store(pointer)
        for certificate in certificates { X509_STORE_add_cert(store, certificate) }
        ERR_clear_error()
    }

    static func certificates(_ text: [UInt8]) -> [OpaquePointer] {
        reading(text) { source in
            var found: [OpaquePointer] = []
            while let certificate = PEM_read_bio_X509(source, nil, nil, nil) { found.append(certificate) }
            return found
        }
    }

    private static func reading<Result>(_ text: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
        // The end of PEM is an error to BoringSSL.
        defer { ERR_clear_error() }
        return text.withUnsafeBytes { raw in
            let source = BIO_new_mem_buf(raw.baseAddress, ossl_ssize_t(raw.count))
            defer { BIO_free(source) }
            return body(source)
        }
    }

    private func chooseProtocols() {
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                let ours = TLSContext.protocols
                var found: UnsafeMutablePointer<UInt8>?
                let outcome = SSL_select_next_proto(
                    &found, chosenCount, ours.utf8Start, UInt32(ours.utf8CodeUnitCount), offered, offeredCount)
                guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_NOACK }
                chosen?.pointee = UnsafePointer(found)
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// The connection that shakes hands may choose another certificate by the name it is asked for.
    private func chooseByName() {
        SSL_CTX_set_tlsext_servername_callback(pointer) { session, _, _ in
            guard let raw = SSL_get_ex_data(session, 0) else { return SSL_TLSEXT_ERR_NOACK }
            let name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
            Unmanaged<TLSSession>.fromOpaque(raw).takeUnretainedValue().choose(name)
            return SSL_TLSEXT_ERR_OK
        }
    }
}
