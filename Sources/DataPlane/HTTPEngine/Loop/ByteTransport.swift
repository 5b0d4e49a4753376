import CTandem
import Glibc

/// What carries a connection's bytes.
package protocol ByteTransport: AnyObject {
    /// Where answers may be sent past the transport; -1: nowhere.
    var descriptor: Int32 { get }
    /// What the other end has connected to.
    var localAddress: PeerAddress { get }
    /// Takes bytes to send.
    /// - Returns: how many were taken; fewer when it is full, -1 when the peer is gone.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Takes from the queue what it can carry now. What it has taken but not passed on yet stays in the queue.
    /// - Returns: bytes that left the queue; -1 when the peer is gone.
    func write(_ output: inout OutputQueue) -> Int
    /// Whether input is wanted. Off while answers wait for a slow reader.
    func setReading(_ on: Bool)
    /// Whether to call `writable` when it takes bytes again.
    func setWriting(_ on: Bool)
    /// Whether bytes have come that were not taken yet.
    var hasUnread: Bool { get }
    /// Sends the end of our side; input is still taken.
    func finishWriting()
    /// Ends it all. The connection's `closed` follows, now or later.
    func close()
    /// The same so that the other side sees an error, not an end.
    func abort()
}

extension ByteTransport {
    package func write(_ output: inout OutputQueue) -> Int { output.write(to: descriptor) }

    package func abort() { close() }

    package var localAddress: PeerAddress { .local }

    package var hasUnread: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Straight to the descriptor.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let sent = tandem_send(descriptor, bytes.baseAddress, bytes.count, 0)
            if sent >= 0 { return sent }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return -1 }
        }
    }
}
