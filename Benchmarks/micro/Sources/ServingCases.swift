import Glibc
import Snapshots

@testable import HTTPEngine
@testable import Serving

/// A connection whose answers go into a socket that is emptied after each.
private final class SocketTransport: ByteTransport {
    let descriptor: Int32
    private let other: Int32
    private let sink: UnsafeMutableRawBufferPointer

    init() throws {
        var pair: (Int32, Int32) = (-1, -1)
        let failed = withUnsafeMutableBytes(of: &pair) { raw in
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, raw.baseAddress?.assumingMemoryBound(to: Int32.self)) != 0
        }
        if failed { throw MicroError.system("socketpair", errno) }
        (descriptor, other) = pair
        sink = .allocate(byteCount: 64 * 1024, alignment: 64)
    }

    deinit {
        Glibc.close(descriptor)
        Glibc.close(other)
        sink.deallocate()
    }

    /// Bytes that have come out.
    func drain() -> Int { recv(other, sink.baseAddress, sink.count, Int32(MSG_DONTWAIT)) }

    func setReading(_ on: Bool) {}
    func setWriting(_ on: Bool) {}
    func finishWriting() {}
    func close() {}
}

func servingCases(_ store: MicroStore) throws -> [MicroCase] {
    [
        try hotRequest("a hot request, received to sent", Heads.short, store, bound: 0),
        try hotRequest("a browser's hot request", Heads.browser, store, bound: 0),
        try resolution(store),
    ]
}

/// From bytes in to bytes out: parser, hot table, counters, the send itself.
private func hotRequest(_ name: String, _ bytes: [UInt8], _ store: MicroStore, bound: Double) throws -> MicroCase {
    let loop = LoopContext(limits: EngineLimits())
    let server = SiteServer(
        loop: loop, snapshot: store.snapshot, counters: CounterBox(), options: SiteServer.Options(), randomBucket: { 0 })
    loop.handler = server
    let transport = try SocketTransport()
    let connection = HTTP1Connection(loop: loop, transport: transport, peer: .local)
    return MicroCase(name: name, bound: bound) { count in
        bytes.withUnsafeBytes { raw in
            for _ in 0..<count {
                connection.received(raw)
                precondition(transport.drain() > MicroStore.content.count)
            }
        }
    }
}

/// What a name costs that is in no table: path, host and names, down to the entry that answers.
private func resolution(_ store: MicroStore) throws -> MicroCase {
    let detached = try DetachedRequest(head: Heads.browser)
    let site = store.snapshot.sites[0]
    return MicroCase(name: "resolve a name in no table", bound: 1) { count in
        let exchange = detached.exchange
        for _ in 0..<count {
            guard let target = try? TargetPath(exchange.bytes(exchange.head.target)) else { preconditionFailure("a plain path") }
            let request = ReleaseRequest(
                exchange: exchange, target: target, site: site, siteIndex: 0, fallback: nil, preference: .identityOnly)
            guard case .content = Resolution.resolve(request, randomBucket: { 0 }) else { preconditionFailure("it is there") }
        }
    }
}
