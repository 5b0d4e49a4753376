import Glibc
import HTTPEngine
import Snapshots
import Sockets

extension TLSConnector: ServerEncryption {}
extension TLSConnectorSlot: ServerEncryption {}

extension UpstreamServer {
    /// Begins a connection as this server wants it. One that is to be encrypted never begins without.
    /// - Parameter preamble: goes in front of everything.
    /// - Returns: nil, with `errno`, when it cannot even be begun.
    func connect(to address: SocketAddress?, on loop: LoopContext, owner: any OutgoingOwner, preamble: [UInt8]) -> OutgoingSocket? {
        guard let address else {
            errno = EADDRNOTAVAIL
            return nil
        }
        guard isSecure else { return loop.connect(to: address, owner: owner, preamble: preamble) }
        guard let connector = (encryption as? any TLSConnecting)?.connector else {
            errno = EPROTONOSUPPORT
            return nil
        }
        return loop.connect(to: address, owner: owner, encryption: connector, preamble: preamble)
    }
}
