import CTandem
import Glibc

// A connection to a server over TLS: what is encrypted and not taken by the kernel is sent on before anything else is.
extension OutgoingSocket {
    /// Begins what can be begun at once; a connection that broke here already says so when the loop looks at it.
    func begin() {
        if phase != .connecting { sendPreamble() }
        if let tls, phase == .shaking { beginHandshake(tls) }
    }

    /// Another connection may be in the middle of its input.
    func beginHandshake(_ tls: TLSSession) {
        loop.pipe.apart {
            _ = tls.shakeHands()
            _ = tls.flush()
        }
        updateEvents()
    }

    /// The kernel takes bytes again.
    func sendEncrypted(_ tls: TLSSession) {
        guard tls.flush() else { return fail(.system(errno)) }
        if isFinishing, tls.unsentCount == 0 { endOutput() }
        updateEvents()
    }

    func decrypt(_ bytes: UnsafeRawBufferPointer, _ tls: TLSSession, _ owner: any OutgoingOwner) {
        loop.pipe.setInput(bytes)
        defer { loop.pipe.dropInput() }
        if phase == .shaking, !shakeHands(tls, owner) { return }
        // Also where input is not wanted any more: what has come is not asked for twice.
        while phase == .open {
            let outcome = tls.read()
            // An alert, or the answer to a change of keys.
            guard tls.flush() else { return fail(.system(errno)) }
            switch outcome {
            case .bytes(let plain): owner.received(plain)
            case .nothing: return updateEvents()
            case .end: return owner.endOfInput()
            case .failed: return fail(.system(EPROTO))
            }
        }
    }

    /// - Returns: whether it is over, so that what follows is the protocol's.
    private func shakeHands(_ tls: TLSSession, _ owner: any OutgoingOwner) -> Bool {
        let outcome = tls.shakeHands()
        guard tls.flush() else {
            fail(.system(errno))
            return false
        }
        switch outcome {
        case .unfinished:
            updateEvents()
            return false
        case .failed(let fault):
            fail(.tls(fault))
            return false
        case .done(let isHTTP2):
            phase = .open
            self.isHTTP2 = isHTTP2
            updateEvents()
            owner.connected()
            return phase == .open
        }
    }

    func sendEncrypting(_ bytes: UnsafeRawBufferPointer, _ tls: TLSSession) -> Int {
        let taken = tls.send(bytes)
        if taken >= 0 { updateEvents() }
        return taken
    }

    func finish(_ tls: TLSSession) {
        isFinishing = true
        tls.sayEnd()
        guard tls.flush() else { return }
        if tls.unsentCount == 0 { endOutput() } else { updateEvents() }
    }

    private func endOutput() {
        isFinishing = false
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
