internal import CNIOBoringSSL
import Glibc
import Synchronization

/// How connections to one server are encrypted: whom it must prove to be, by whose word, and who we are. TLS 1.2 and 1.3.
///
/// A server proves its name by a subject alternative name (RFC 9525 §6.3, an address by an address), never by its common name, and a
/// connection that does not come about is never tried without encryption or proof. Sessions are resumed by tickets, for an hour at most:
/// a certificate that has changed counts from then on at the latest.
///
/// Shared by all loops, so that a session begun by one is resumed by another: its lock is taken once a connection.
// Nothing but the sessions is changed after init, and BoringSSL locks what connections share: hence unchecked.
package final class TLSConnector: @unchecked Sendable {
    /// What the server must prove to be, and what it is asked for (RFC 6066 §3), unless that is an address.
    package let name: String
    let pointer: OpaquePointer
    private let asksByName: Bool
    /// Held so that they outlive the connections.
    private let authorities: TLSAuthorities
    private let sessions = Mutex<[Session]>([])

    // Counted references to what is never changed.
    private struct Session: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private static let sessionLimit = 16
    private static let sessionSeconds: UInt32 = 3600

    /// Both in PEM: our own certificate first, then those that lead to the authority.
    package struct Certificate: Hashable, Sendable {
        package var chain: [UInt8]
        package var key: [UInt8]

        package init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    /// What is offered (RFC 7301).
    package enum Protocols: Hashable, Sendable {
        case http1, http2

        fileprivate var list: StaticString {
            switch self {
            case .http1: "\u{8}http/1.1"
            case .http2: "\u{2}h2"
            }
        }
    }

    /// - Parameters:
    ///   - name: a host name, or an address without brackets.
    ///   - certificate: shown where the server asks for one.
    /// - Throws: `TLSIdentityError` when TLS does not take the certificate or the name.
    package init(
        name: String, authorities: TLSAuthorities, certificate: Certificate? = nil, protocols: Protocols = .http1
    ) throws(TLSIdentityError) {
        guard let made = SSL_CTX_new(TLS_method()) else { throw TLSIdentityError(reason: "there is no memory") }
        pointer = made
        self.name = name
        self.authorities = authorities
        asksByName = !Self.isAddress(name)
        do throws(TLSIdentityError) {
            if let certificate { try TLSContext.use(certificate.chain, certificate.key, in: made) }
            try demand(name)
        } catch {
            SSL_CTX_free(made)
            throw error
        }
        TLSContext.setAlgorithms(made)
        X509_STORE_up_ref(authorities.store)
        SSL_CTX_set_cert_store(made, authorities.store)
        SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nil)
        let list = protocols.list
        SSL_CTX_set_alpn_protos(made, list.utf8Start, list.utf8CodeUnitCount)
        keepSessions()
    }

    deinit {
        for session in sessions.withLock({ $0 }) { SSL_SESSION_free(session.pointer) }
        SSL_CTX_free(pointer)
    }

    private static func isAddress(_ name: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1
    }

    private func demand(_ name: String) throws(TLSIdentityError) {
        let parameters = SSL_CTX_get0_param(pointer)
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        let isTaken =
            asksByName
            ? X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1 : X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
        if !isTaken || name.isEmpty { throw TLSIdentityError(reason: "\(name) is no name that a server could prove") }
    }

    // MARK: Sessions

    private func keepSessions() {
        SSL_CTX_set_session_cache_mode(pointer, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL)
        SSL_CTX_set_timeout(pointer, Self.sessionSeconds)
        SSL_CTX_set_session_psk_dhe_timeout(pointer, Self.sessionSeconds)
        SSL_CTX_sess_set_new_cb(pointer) { session, ticket in
            guard let raw = SSL_get_ex_data(session, 0), let ticket else { return 0 }
            return Unmanaged<TLSSession>.fromOpaque(raw).takeUnretainedValue().connector?.keep(ticket) == true ? 1 : 0
        }
    }

    /// - Returns: true: it is held here.
    private func keep(_ session: OpaquePointer) -> Bool {
        let new = Session(pointer: session)
        let dropped = sessions.withLock { sessions -> Session? in
            sessions.append(new)
            return sessions.count > Self.sessionLimit ? sessions.removeFirst() : nil
        }
        if let dropped { SSL_SESSION_free(dropped.pointer) }
        return true
    }

    /// Readies a connection that is about to shake hands.
    func prepare(_ session: OpaquePointer) {
        SSL_set_connect_state(session)
        if asksByName { SSL_set_tlsext_host_name(session, name) }
        // Tickets of TLS 1.3 are for one connection each, so that nobody can tell two of them to be one client's (RFC 8446 §C.4).
        let found = sessions.withLock { sessions -> Session? in
            guard let last = sessions.last else { return nil }
            if SSL_SESSION_should_be_single_use(last.pointer) == 1 { sessions.removeLast() } else { SSL_SESSION_up_ref(last.pointer) }
            return last
        }
        guard let found else { return }
        // One that is too old is left aside by the library.
        SSL_set_session(session, found.pointer)
        SSL_SESSION_free(found.pointer)
    }
}
