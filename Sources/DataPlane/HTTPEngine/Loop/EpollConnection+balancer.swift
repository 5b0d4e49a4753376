import Glibc

// A load balancer in front says whose a connection is before anything else comes.
extension EpollConnection {
    var localAddress: PeerAddress {
        if let destination { return destination }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw in
            guard let base = raw.baseAddress else { return .local }
            return getsockname(socket, base.assumingMemoryBound(to: sockaddr.self), &length) == 0 ? PeerAddress(base) : .local
        }
    }

    /// Who connects is told by the balancer, in front of everything else.
    func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let all = (header ?? []) + bytes
        switch all.withUnsafeBytes({ ProxyHeader.parse($0) }) {
        case .incomplete: header = all
        case .refused: refuse(.badProxyHeader)
        case .complete(let said, let count):
            header = nil
            if let addresses = said.addresses { (peer, destination) = (addresses.source, addresses.destination) }
            if tls == nil {
                beginPlainly()
                handshakeIsOver()
            }
            if count < all.count { all.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[count...])) } }
        }
    }

    /// Closes it before anything was understood of it.
    func refuse(_ reason: Refusal.Reason) {
        close()
        loop.context.handler.refused(Refusal(400, reason), peer: peer, request: nil, answered: 0)
    }
}
