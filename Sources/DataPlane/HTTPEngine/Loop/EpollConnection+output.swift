import CTandem
import Glibc

// Bytes to the kernel, plain or encrypted, and what to wait for meanwhile.
extension EpollConnection {
    func setWriting(_ on: Bool) {
        guard isOpen, on != isWriting else { return }
        isWriting = on
        updateEvents()
    }

    func updateEvents() {
        guard isOpen else { return }
        let waits = isWriting || (tls?.unsentCount ?? 0) > 0
        let read = isReading ? Self.readEvents : 0
        let wanted = waits ? read | UInt32(TANDEM_EPOLLOUT) : read | TANDEM_EPOLLET
        if wanted == events { return }
        events = wanted
        loop.setEvents(wanted, of: self)
    }

    func writable() {
        if let tls {
            guard tls.flush() else { return close() }
            if tls.unsentCount == 0, isFinishing { endOutput() }
            updateEvents()
        }
        if isWriting, isOpen { http?.writable() }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let tls else {
            while true {
                let sent = tandem_send(socket, bytes.baseAddress, bytes.count, 0)
                if sent >= 0 { return sent }
                if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
                if errno != EINTR { return -1 }
            }
        }
        let taken = tls.send(bytes)
        if taken >= 0 { updateEvents() }
        return taken
    }

    func write(_ output: inout OutputQueue) -> Int {
        guard let tls else { return output.write(to: socket) }
        guard tls.flush() else { return -1 }
        var total = takeArrived(&output, tls)
        while inFlight == 0, !output.isEmpty {
            let plain: UnsafeRawBufferPointer
            if let together = output.contiguous(atMost: TLSPipe.batch) {
                plain = together
            } else {
                let block = loop.pipe.gathered
                guard let base = block.baseAddress, let count = output.copy(atMost: block.count, into: base) else { return -1 }
                plain = UnsafeRawBufferPointer(start: base, count: count)
            }
            guard tls.encrypt(plain), tls.flush() else { return -1 }
            inFlight = plain.count
            total += takeArrived(&output, tls)
        }
        updateEvents()
        return total
    }

    /// A byte is with the kernel for sure when no more encrypted bytes wait than there are behind it.
    private func takeArrived(_ output: inout OutputQueue, _ tls: TLSSession) -> Int {
        let count = max(inFlight - tls.unsentCount, 0)
        if count > 0 {
            inFlight -= count
            output.leave(count)
        }
        return count
    }

    func finishWriting() {
        guard let tls, isOpen else { return endOutput() }
        isFinishing = true
        tls.sayEnd()
        guard tls.flush() else { return close() }
        if tls.unsentCount == 0 { endOutput() } else { updateEvents() }
    }

    private func endOutput() {
        isFinishing = false
        shutdown(socket, Int32(SHUT_WR))
    }
}
