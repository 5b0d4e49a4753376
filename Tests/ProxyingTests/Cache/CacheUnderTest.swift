import Caching
import Foundation
import Glibc
import HTTPEngine
import Model
import Snapshots
import Sockets
import Synchronization
import TestPatience

@testable import Proxying

/// Two loops that share a cache, before an origin whose answers the test decides. Nothing of it changes; one test begins and ends it.
final class CacheUnderTest: @unchecked Sendable {
    let origin: Origin
    let node: CacheNode
    let folder: String
    let reports = Reports()
    private let threads: [EngineThread]
    private let socket: ListeningSocket
    let port: UInt16
    private let endsOrigin: Bool

    /// - Parameter other: a second server, asked in turn with the first, and where that has not what a name says.
    init(
        origin: Origin, other: Origin? = nil, endsOrigin: Bool = true, size: UInt64 = 64 << 20, memory: UInt64 = 8 << 20,
        spoolBytes: UInt64 = 16 << 20, limits: BackendPolicy.Limits? = nil,
        trusted: [AddressPrefix] = [], compression: CompressionPolicy? = nil, _ change: (inout CachePolicy) -> Void = { _ in }
    ) throws {
        self.origin = origin
        self.endsOrigin = endsOrigin
        folder = FileManager.default.temporaryDirectory.appending(path: "tandem-door-\(UUID().uuidString)").path
        let cache = try SharedCache(path: folder, size: size, memory: memory, boot: 1)
        let node = CacheNode(cache: cache, families: GuardFamilies(path: folder + "/families"), spoolBytes: spoolBytes)
        self.node = node
        socket = try ListeningSocket.open("127.0.0.1:0")
        port = UInt16(socket.address.split(separator: ":")[1]) ?? 0
        let servers = [origin, other].compactMap { $0 }.map { origin in
            UpstreamServer(name: "origin", origin: .tcp(host: "127.0.0.1", port: origin.server.port))
        }
        var retry = BackendPolicy.Retry()
        retry.attempts = other == nil ? 0 : 1
        retry.onMismatch = other != nil
        var patient = BackendPolicy.Limits()
        (patient.firstByteSeconds, patient.idleSeconds) = (3600, 3600)
        let limits = limits ?? patient
        let backend = BackendPolicy(number: 0, name: "app", servers: servers, retry: retry, limits: limits)
        var policy = CachePolicy(site: .default)
        policy.guarding = GuardPolicy()
        change(&policy)
        let chosen = policy
        var proxyPolicy = ProxyPolicy(backend: backend)
        proxyPolicy.trusted = trusted
        proxyPolicy.compression = compression
        let passing = proxyPolicy
        let (entrance, reports) = (Entrance(socket), reports)
        threads = try (0..<2).map { _ in
            try EngineThread(
                entrances: [entrance], makeHandler: { DoorHandler($0, passing, chosen, node, reports) },
                failure: { fatalError("the loop could not begin: \($0)") })
        }
    }

    func connect() -> RawConnection { RawConnection(port: port) }

    func get(_ target: String, _ lines: String..., method: String = "GET", body: String = "") -> RawConnection.Answer? {
        let client = connect()
        client.send("\(method) \(target) HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n" + body)
        return client.answer(to: method)
    }

    func key(_ target: String) -> CacheKey { CacheKey(origin: "http://h", target: target) }

    /// Lets time pass.
    func advance(seconds: Int64) { for thread in threads { thread.advance(seconds: seconds) } }

    func end() {
        for thread in threads { thread.stop(grace: .zero) }
        for thread in threads { thread.join() }
        close(socket.descriptor)
        if endsOrigin { origin.server.end() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// An origin that keeps what it was asked, and answers as it is told.
final class Origin: Sendable {
    struct Answer: Sendable {
        var status = 200
        var lines: [String] = ["Cache-Control: max-age=60"]
        var body = ""
        /// Instead of `body`: what is no text.
        var bytes: [UInt8]?
        /// Bytes fewer than it says.
        var missing = 0
        var isChunked = false
        /// Heads that go before the answer's own.
        var interim: [String] = []
        /// Ends the connection instead.
        var isSilent = false
        /// What is sent instead of all the rest, before the connection ends.
        var raw: String?
        /// How it ends then, or instead: by a reset, or not before the other side does.
        var resets = false
        var stalls = false
        /// Told when the other side has ended it.
        var whenLeft: (@Sendable () -> Void)?
        /// What the next request is answered with.
        var next: [Answer] = []
    }

    private struct State {
        var answer: @Sendable (String) -> Answer
        var asked: [String] = []
        var gate: Gate?
        var stalled = 0
    }

    private let state: Mutex<State>
    private let box = Mutex<ScriptedServer?>(nil)
    var server: ScriptedServer { box.withLock { $0 }! }

    init(_ answer: @escaping @Sendable (String) -> Answer) {
        state = Mutex(State(answer: answer))
        let server = ScriptedServer { [self] connection, _ in
            while let head = connection.head() {
                let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
                _ = connection.read(length.flatMap { Int($0.dropFirst(16)) } ?? 0)
                let answer = take(head)
                state.withLock { $0.gate }?.wait()
                if answer.isSilent { break }
                if let raw = answer.raw { connection.send(raw) }
                if answer.resets { connection.reset() }
                if answer.stalls {
                    state.withLock { $0.stalled += 1 }
                    _ = connection.rest()
                    answer.whenLeft?()
                }
                if answer.raw != nil || answer.resets || answer.stalls { break }
                for head in answer.interim { connection.send(head + "\r\n\r\n") }
                Self.send(answer, over: connection, isHead: head.hasPrefix("HEAD"))
                if answer.missing > 0 { break }
            }
        }
        box.withLock { $0 = server }
    }

    private func take(_ head: String) -> Answer {
        let make = state.withLock { state in
            state.asked.append(head)
            return state.answer
        }
        return make(head)
    }

    private static func send(_ answer: Answer, over connection: RawConnection, isHead: Bool) {
        var text = "HTTP/1.1 \(answer.status) X\r\n" + answer.lines.map { $0 + "\r\n" }.joined()
        let hasBody = answer.status != 304 && answer.status != 204
        if let bytes = answer.bytes { return _ = connection.send(Array("\(text)Content-Length: \(bytes.count)\r\n\r\n".utf8) + bytes) }
        if hasBody { text += answer.isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(answer.body.utf8.count)\r\n" }
        text += "\r\n"
        if hasBody, !isHead {
            let body = answer.body.dropLast(answer.missing)
            text += answer.isChunked ? "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n" : String(body)
        }
        connection.send(text)
    }

    var asked: [String] { state.withLock { $0.asked } }
    func answer(_ answer: @escaping @Sendable (String) -> Answer) { state.withLock { $0.answer = answer } }
    /// Answers nobody until it is let go.
    func hold(_ on: Bool) {
        state.withLock { state in
            if on { state.gate = Gate() } else { state.gate?.open() }
        }
    }

    /// Waits until it was asked so often.
    func until(_ count: Int) -> Int {
        _ = eventually { asked.count >= count }
        return asked.count
    }

    /// Waits until so many answers have come to a stand.
    func untilStalled(_ count: Int) -> Bool { eventually { state.withLock { $0.stalled >= count } } }
}

/// State belongs to the loop's thread.
private final class DoorHandler: RequestHandler, PassageListener {
    private let proxy: Proxy
    private let route: ProxyRoute
    private let cache: CachePolicy
    private let door: CacheDoor?
    private let reports: Reports

    init(_ loop: LoopContext, _ policy: ProxyPolicy, _ cache: CachePolicy, _ node: CacheNode, _ reports: Reports) {
        proxy = Proxy(loop: loop, random: { _ in 0 })
        route = ProxyRoute(policy)
        self.cache = cache
        self.reports = reports
        door = CacheDoor(proxy, node)
        proxy.listener = self
    }

    func handle(_ exchange: Exchange) { door?.answer(PassageOrder(exchange, route), cache) }
    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}
    func turn(_ loop: LoopContext) { door?.turn() }
    func passageRepeats(_ order: PassageOrder, _ hit: PreparedHit, _ response: PreparedResponse) {}
    func guardFinds(_ finding: GuardFinding) {}
    func passageEnds(_ report: PassageReport) { reports.add(.init(report)) }
}
