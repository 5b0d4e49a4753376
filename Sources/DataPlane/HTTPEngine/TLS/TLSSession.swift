internal import CNIOBoringSSL
import CTandem
import Glibc

/// One connection's encryption over the blocks of its loop, at either end. State belongs to one event loop.
final class TLSSession {
    enum Handshake {
        case unfinished
        case failed(TLSFault)
        /// What ALPN agreed on; whether that is HTTP/2.
        case done(isHTTP2: Bool)
    }

    enum Read {
        case bytes(UnsafeRawBufferPointer)
        case nothing, end, failed
    }

    private let session: OpaquePointer
    private let pipe: TLSPipe
    /// Of a server; nil: we are the client.
    private let identities: TLSIdentities.Table?
    /// Of a client; nil: we are the server.
    let connector: TLSConnector?
    private let socket: Int32
    /// Encrypted, and not taken by the kernel.
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    /// Said its end, or an error's alert: nothing more is encrypted.
    private var isOver = false

    /// The server's side.
    convenience init(_ identities: TLSIdentities.Table, pipe: TLSPipe, socket: Int32) {
        self.init(identities.context(for: 0).pointer, identities, nil, pipe, socket)
        SSL_set_accept_state(session)
    }

    /// The client's side.
    convenience init(_ connector: TLSConnector, pipe: TLSPipe, socket: Int32) {
        self.init(connector.pointer, nil, connector, pipe, socket)
        connector.prepare(session)
    }

    private init(_ context: OpaquePointer, _ identities: TLSIdentities.Table?, _ connector: TLSConnector?, _ pipe: TLSPipe, _ socket: Int32)
    {
        guard let made = SSL_new(context) else { fatalError("out of memory") }
        session = made
        self.identities = identities
        self.connector = connector
        self.pipe = pipe
        self.socket = socket
        BIO_up_ref(pipe.bio)
        SSL_set_bio(made, pipe.bio, pipe.bio)
        // What only a handshake needs goes with it.
        SSL_set_shed_handshake_config(made, 1)
        SSL_set_ex_data(made, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { SSL_free(session) }

    /// Called in the middle of the handshake, with what the client asks for.
    func choose(_ name: String?) {
        guard let identities else { return }
        let index = identities.index(for: name)
        if index == 0 { return }
        let chosen = identities.context(for: index)
        SSL_set_SSL_CTX(session, chosen.pointer)
        SSL_set_verify(session, chosen.verification, nil)
    }

    // MARK: Input

    /// Goes on with the handshake from the pipe's input. What is to be sent waits for `flush`.
    func shakeHands() -> Handshake {
        let outcome = SSL_do_handshake(session)
        if outcome != 1 { return isWaiting(outcome) ? .unfinished : .failed(fault) }
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &name, &count)
        return .done(isHTTP2: count == 2 && name?[0] == UInt8(ascii: "h"))
    }

    /// Whether an earlier session went on, so that nothing was proven anew.
    var isResumed: Bool { SSL_session_reused(session) == 1 }

    /// Why the handshake has failed.
    private var fault: TLSFault {
        defer { ERR_clear_error() }
        switch Int32(truncatingIfNeeded: SSL_get_verify_result(session)) {
        // What it is until a certificate has been looked at.
        case X509_V_OK, X509_V_ERR_INVALID_CALL: break
        case X509_V_ERR_CERT_HAS_EXPIRED: return .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: return .notYetValid
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: return .wrongName
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            return .unknownAuthority
        case let other: return .badCertificate(X509_verify_cert_error_string(Int(other)).map { String(cString: $0) } ?? "\(other)")
        }
        // Alerts are told as errors from 1,000 on.
        let reason = ERR_GET_REASON(ERR_peek_error())
        return reason > SSL_AD_REASON_OFFSET ? .refused(alert: UInt8(truncatingIfNeeded: reason - SSL_AD_REASON_OFFSET)) : .noAgreement
    }

    /// Decrypts the next record of the pipe's input. The bytes are the pipe's, valid until the next call for any connection.
    func read() -> Read {
        let count = SSL_read(session, pipe.plain.baseAddress, Int32(pipe.plain.count))
        if count > 0 { return .bytes(UnsafeRawBufferPointer(start: pipe.plain.baseAddress, count: Int(count))) }
        if isWaiting(count) { return .nothing }
        return SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN ? .end : .failed
    }

    private func isWaiting(_ outcome: Int32) -> Bool {
        let error = SSL_get_error(session, outcome)
        if error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE { return true }
        if error != SSL_ERROR_ZERO_RETURN { isOver = true }
        return false
    }

    // MARK: Output

    /// Encrypted bytes that the kernel has not taken.
    var unsentCount: Int { unsent.count - unsentStart }

    /// Encrypts and sends plain bytes, batch by batch, as long as the kernel takes all of it.
    /// - Returns: how many were encrypted, of which the last may wait for the kernel (`unsentCount`); -1 when the peer is gone.
    func send(_ plain: UnsafeRawBufferPointer) -> Int {
        var taken = 0
        while taken < plain.count, unsentCount == 0 {
            let end = min(taken + TLSPipe.batch, plain.count)
            guard encrypt(UnsafeRawBufferPointer(rebasing: plain[taken..<end])), flush() else { return -1 }
            taken = end
        }
        return taken
    }

    /// Encrypts plain bytes, at most a batch of them. What is to be sent waits for `flush`.
    func encrypt(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let written = SSL_write(session, bytes.baseAddress, Int32(bytes.count))
        if written == bytes.count { return true }
        isOver = true
        return false
    }

    /// The end of our side, so that the peer knows that nothing was cut off (RFC 8446 §6.1).
    func sayEnd() {
        if isOver { return }
        isOver = true
        SSL_shutdown(session)
    }

    /// Sends what is encrypted.
    /// - Returns: false when the peer is gone.
    func flush() -> Bool {
        let fresh = pipe.takeOutput()
        if unsentCount > 0 {
            unsent.append(contentsOf: fresh)
            return sendUnsent()
        }
        if fresh.isEmpty { return true }
        let sent = pass(fresh)
        if sent < 0 { return false }
        if sent < fresh.count { unsent = Array(fresh[sent...]) }
        return true
    }

    private func sendUnsent() -> Bool {
        let sent = unsent.withUnsafeBytes { pass(UnsafeRawBufferPointer(rebasing: $0[unsentStart...])) }
        if sent < 0 { return false }
        unsentStart += sent
        if unsentCount == 0 {
            unsent = []
            unsentStart = 0
        }
        return true
    }

    /// To the kernel.
    private func pass(_ encrypted: UnsafeRawBufferPointer) -> Int {
        while true {
            let sent = tandem_send(socket, encrypted.baseAddress, encrypted.count, 0)
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return -1 }
        }
    }
}
