import Glibc
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

/// The client's side of TLS over a blocking socket: records in and out of a channel without a network.
package final class ClientTLS {
    package enum End: Equatable, Sendable { case closed, reset, nothing }

    private let channel = EmbeddedChannel()
    private var block = [UInt8](repeating: 0, count: 64 * 1024)
    private var waiting: [UInt8] = []
    private let ended = EndWatch()

    /// - Parameter protocols: what is offered, the most wanted first (RFC 7301).
    package init(protocols: [String] = ["http/1.1"]) {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.applicationProtocols = protocols
            let handler = try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: "test.example")
            try channel.pipeline.syncOperations.addHandlers([OutputEnd(), handler, ended])
            try channel.setOption(.allowRemoteHalfClosure, value: true).wait()
        } catch {
            preconditionFailure("no TLS for the test: \(error)")
        }
    }

    package func shakeHands(_ descriptor: Int32) {
        do {
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/a")).wait()
            sendAll(descriptor)
            while !ended.isReady {
                let count = Self.receive(descriptor, &block, 0)
                // The server may refuse: then what follows finds out.
                if count <= 0 { return }
                try channel.writeInbound(ByteBuffer(bytes: block[..<count]))
                sendAll(descriptor)
            }
        } catch {
            preconditionFailure("no handshake: \(error)")
        }
    }

    private func outbound() -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }

    private func sendAll(_ descriptor: Int32) {
        let bytes = outbound()
        if !bytes.isEmpty { Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    }

    package func encrypt(_ bytes: [UInt8]) -> [UInt8] {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        return outbound()
    }

    /// Says that nothing more comes.
    package func finish(_ descriptor: Int32) {
        channel.close(mode: .output, promise: nil)
        sendAll(descriptor)
    }

    /// What comes next, or how it ended. Blocks as long as the socket does.
    package func receive(_ descriptor: Int32) -> ([UInt8], End) {
        while true {
            if !waiting.isEmpty {
                defer { waiting = [] }
                return (waiting, .nothing)
            }
            if ended.isOver { return ([], .closed) }
            if let end = fill(descriptor, flags: 0) { return ([], end) }
        }
    }

    /// A signal ends a wait that has a limit: it is no end of what comes.
    private static func receive(_ descriptor: Int32, _ block: inout [UInt8], _ flags: Int32) -> Int {
        while true {
            let count = recv(descriptor, &block, block.count, flags)
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private func fill(_ descriptor: Int32, flags: Int32) -> End? {
        let count = Self.receive(descriptor, &block, flags)
        let code = errno
        if count == 0 { return .closed }
        if count < 0 { return code == ECONNRESET || code == EPIPE ? .reset : .nothing }
        _ = try? channel.writeInbound(ByteBuffer(bytes: block[..<count]))
        while let buffer = try? channel.readInbound(as: ByteBuffer.self) { waiting += buffer.readableBytesView }
        return nil
    }

    /// Session tickets are no answers.
    package func isSilent(_ descriptor: Int32) -> Bool {
        while waiting.isEmpty, !ended.isOver {
            if let end = fill(descriptor, flags: Int32(MSG_DONTWAIT)) { return end == .nothing }
        }
        return false
    }

    /// The channel without a network would close as a whole where a socket closes one direction.
    private final class OutputEnd: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    private final class EndWatch: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var isReady = false
        /// The server has said that nothing more comes.
        private(set) var isOver = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            switch event {
            case TLSUserEvent.handshakeCompleted: isReady = true
            case ChannelEvent.inputClosed: isOver = true
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) { isOver = true }
    }
}
