import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// One accepted channel: carries bytes between NIO and the connection's protocol. State belongs to one event loop.
///
/// Plain answers are written straight to the descriptor, NIO's queue is used only when that is full (thousand requests per
/// CPU-second at 4 KB: 179–182, against 151–170 through NIO's queue). Over TLS they are copied into buffers that NIO encrypts.
/// Either way nothing leaves the output queue before it is with the kernel, so that a slow reader holds up its own requests.
///
/// ```
///  handshaking ─▶ open ─▶ closed        (plain: open at once)
/// ```
final class NIOConnection: ChannelInboundHandler, ByteTransport {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case handshaking, open, closed
    }

    /// Bytes of an answer that are encrypted at once: one record, its framing included in 16 KB. The TLS handler keeps a buffer of
    /// this size for as long as the connection lives (measured: 26 KB for an idle connection, 77 KB with records of 64 KB).
    private static let cipherChunk = 16 * 1024 - 64
    /// What NIO gets when the descriptor is full: it waits until the kernel takes these, and then there is room for more.
    private static let plainRemainder = 4 * 1024

    private unowned let loop: NIOLoop
    private let channel: any Channel
    private let peer: PeerAddress
    /// Answers go through the transport, which must know what NIO has.
    let descriptor: Int32 = -1
    private var socket: Int32 = -1
    private var phase = Phase.handshaking
    /// Stays until the channel has gone: it may be its own call that closes.
    private var http: ConnectionProtocol?
    private var context: ChannelHandlerContext?
    /// Where what is encrypted goes on to the channel; nil on a plain connection, and before a certificate is chosen.
    private var encrypted: ChannelHandlerContext?
    private var isSecure = false
    private var isReading = true
    private var isWriting = false
    private var isHandingOver = false
    /// Bytes at the front of the output queue that NIO has and the kernel has not.
    private var inFlight = 0
    /// Bytes at the front of the output queue that the kernel has taken from NIO.
    private var arrived = 0

    init(loop: NIOLoop, channel: any Channel) {
        self.loop = loop
        self.channel = channel
        peer = channel.remoteAddress.map { $0.withSockAddr { address, _ in PeerAddress(UnsafeRawPointer(address)) } } ?? .local
    }

    var isInHandshake: Bool { isSecure && phase == .handshaking }

    // MARK: Beginning

    func prepare(tls: TLSIdentities?) throws {
        let pipeline = channel.pipeline.syncOperations
        socket = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 } ?? -1
        guard let tls else {
            try pipeline.addHandler(self)
            return begin(negotiated: nil)
        }
        isSecure = true
        loop.handshakeBegins(self)
        let table = tls.table
        try pipeline.addHandler(self)
        if let only = table.only {
            try encrypt(with: only)
        } else {
            let bound = NIOLoopBound(self, eventLoop: loop.loop)
            let choice = SNIHandler { [channel] name in
                channel.eventLoop.makeCompletedFuture {
                    let named: String? = if case .hostname(let host) = name { host } else { nil }
                    try bound.value.encrypt(with: table.context(for: named))
                }
            }
            try pipeline.addHandler(ByteToMessageHandler(choice), position: .first)
        }
    }

    private func encrypt(with context: NIOSSLContext) throws {
        let handler = NIOSSLServerHandler(context: context)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(handler, position: .before(self))
        encrypted = try pipeline.context(handler: handler)
    }

    /// The handshake is over, or there is none: from here on the protocol has the bytes.
    /// - Parameter negotiated: what ALPN agreed on; nil when the client does not know ALPN, and on plain connections.
    private func begin(negotiated: String?) {
        let chosen: ConnectionProtocol =
            if negotiated == "h2" {
                .http2(HTTP2Connection(loop: loop.context, transport: self, peer: peer))
            } else {
                .http1(HTTP1Connection(loop: loop.context, transport: self, peer: peer))
            }
        http = chosen
        phase = .open
        loop.context.schedule(chosen.timed)
        if loop.context.isDraining { chosen.drain() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiated):
            guard isInHandshake else { return }
            loop.handshakeIsOver()
            loop.context.clock.update()
            begin(negotiated: negotiated)
        case ChannelEvent.inputClosed:
            loop.context.clock.update()
            if isInHandshake { cutOff() } else if phase == .open { http?.endOfInput() }
            loop.eventIsOver()
        default: break
        }
    }

    // MARK: Input

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open, let http else { return }
        loop.context.clock.update()
        unwrapInboundIn(data).withUnsafeReadableBytes { http.received($0) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { loop.eventIsOver() }

    /// Reads what the kernel has and NIO has not seen yet: for a connection that is about to be closed for being idle.
    private func readWhatCame(_ block: UnsafeMutableRawBufferPointer) {
        guard isReading else { return }
        let count = recv(socket, block.baseAddress, block.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return }
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: block[..<count])))
        channel.pipeline.fireChannelReadComplete()
    }

    func setReading(_ on: Bool) {
        guard on != isReading else { return }
        isReading = on
        try? channel.syncOptions?.setOption(.autoRead, value: on)
    }

    // MARK: Output

    /// All of it or nothing: what NIO cannot pass on at once is in flight, and until it has arrived nothing more is taken.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard inFlight == 0, !bytes.isEmpty else { return 0 }
        handOver(ByteBuffer(bytes: bytes), bytes.count)
        // They are out of the sender's queue already.
        arrived = 0
        return channel.isActive ? bytes.count : -1
    }

    func write(_ output: inout OutputQueue) -> Int {
        var total = takeArrived(&output)
        while inFlight == 0, !output.isEmpty {
            if !isSecure {
                let written = output.write(to: socket)
                if written < 0 { return -1 }
                total += written
                if output.isEmpty { break }
            }
            let chunk = min(output.byteCount, isSecure ? Self.cipherChunk : Self.plainRemainder)
            var buffer = channel.allocator.buffer(capacity: chunk)
            guard let count = output.copy(atMost: chunk, into: &buffer) else { return -1 }
            handOver(buffer, count)
            guard channel.isActive else { return -1 }
            total += takeArrived(&output)
        }
        return total
    }

    private func takeArrived(_ output: inout OutputQueue) -> Int {
        let count = arrived
        if count > 0 {
            arrived = 0
            output.leave(count)
        }
        return count
    }

    private func handOver(_ buffer: ByteBuffer, _ count: Int) {
        inFlight = count
        isHandingOver = true
        defer { isHandingOver = false }
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        // Mostly the kernel has it by now, and nobody needs to be told later.
        if bufferedBytes == 0 { return haveArrived() }
        let promise = loop.loop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.haveArrived() }
        // Behind what is encrypted already.
        (encrypted ?? context)?.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    private var bufferedBytes: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    private func haveArrived() {
        arrived += inFlight
        inFlight = 0
        if !isHandingOver { goOn() }
    }

    func setWriting(_ on: Bool) {
        isWriting = on
        // With nothing on its way nobody else would call: who asks wants to go on in the next turn.
        guard on, inFlight == 0, !isHandingOver else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        loop.loop.execute { bound.value.goOn() }
    }

    private func goOn() {
        guard inFlight == 0, isWriting, phase == .open, let http else { return }
        loop.context.clock.update()
        http.writable()
        loop.eventIsOver()
    }

    func finishWriting() { channel.close(mode: .output, promise: nil) }

    // MARK: The end

    /// Over TLS the end of our side is said first, so that the peer knows that nothing was cut off (RFC 8446 §6.1).
    func close() {
        guard phase == .open else { return }
        phase = .closed
        if isSecure { channel.close(mode: .output, promise: nil) }
        closeChannel()
        http?.closed()
    }

    /// Ends it without waiting, whatever it is doing.
    func cutOff() {
        if phase == .open { return close() }
        if isInHandshake { loop.handshakeIsOver() }
        phase = .closed
        closeChannel()
    }

    /// Behind the encryption, which would wait for the peer's answer to its own end.
    private func closeChannel() {
        if let encrypted { encrypted.close(promise: nil) } else { channel.close(promise: nil) }
    }

    /// nil: it shakes hands, which has a limit of its own, or is closed.
    var kind: ConnectionKind? { phase == .open ? http?.kind : nil }

    func count(in census: inout ConnectionCensus, now: Int64) {
        if isInHandshake { census.handshakes += 1 } else if phase == .open, let http { census.count(http, now: now) }
    }

    var hasUnread: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// The loop stops.
    func drain(_ block: UnsafeMutableRawBufferPointer) {
        guard phase == .open else { return }
        // What has come already is read first: closing beside it would reset the connection, and the request be lost.
        readWhatCame(block)
        if phase == .open { http?.drain() }
    }

    func channelInactive(context: ChannelHandlerContext) { hasGone() }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        hasGone()
        self.context = nil
        encrypted = nil
    }

    private func hasGone() {
        if isInHandshake { loop.handshakeIsOver() }
        let wasOpen = phase == .open
        phase = .closed
        if wasOpen { http?.closed() }
        loop.remove(self)
    }

    /// The channel closes by itself after an error, and says so.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
