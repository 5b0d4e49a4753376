internal import CNIOBoringSSL
import Glibc

/// One connection's encryption over the blocks of its loop. State belongs to one event loop.
final class TLSSession {
    enum Handshake {
        case unfinished, failed
        /// What ALPN agreed on; whether that is HTTP/2.
        case done(isHTTP2: Bool)
    }

    enum Read {
        case bytes(UnsafeRawBufferPointer)
        case nothing, end, failed
    }

    private let session: OpaquePointer
    private let pipe: TLSPipe
    private let identities: TLSIdentities.Table
    private let socket: Int32
    /// Encrypted, and not taken by the kernel.
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    /// Said its end, or an error's alert: nothing more is encrypted.
    private var isOver = false

    init(_ identities: TLSIdentities.Table, pipe: TLSPipe, socket: Int32) {
        guard let made = SSL_new(identities.context(for: 0).pointer) else { fatalError("out of memory") }
        session = made
        self.identities = identities
        self.pipe = pipe
        self.socket = socket
        BIO_up_ref(pipe.bio)
        SSL_set_bio(made, pipe.bio, pipe.bio)
        SSL_set_accept_state(made)
        // What only a handshake needs goes with it.
        SSL_set_shed_handshake_config(made, 1)
        SSL_set_ex_data(made, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { SSL_free(session) }

    /// Called in the middle of the handshake, with what the client asks for.
    func choose(_ name: String?) {
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
        if outcome != 1 { return isWaiting(outcome) ? .unfinished : .failed }
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &name, &count)
        return .done(isHTTP2: count == 2 && name?[0] == UInt8(ascii: "h"))
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
        let sent = send(fresh)
        if sent < 0 { return false }
        if sent < fresh.count { unsent = Array(fresh[sent...]) }
        return true
    }

    private func sendUnsent() -> Bool {
        let sent = unsent.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[unsentStart...])) }
        if sent < 0 { return false }
        unsentStart += sent
        if unsentCount == 0 {
            unsent = []
            unsentStart = 0
        }
        return true
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let sent = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return -1 }
        }
    }
}
