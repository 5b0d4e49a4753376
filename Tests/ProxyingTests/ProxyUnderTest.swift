import Glibc
import Snapshots
import Sockets
import Synchronization
import TestPatience

@testable import HTTPEngine
@testable import Proxying

/// A loop on a thread that passes every request to a backend.
final class ProxyUnderTest {
    let thread: EngineThread
    let socket: ListeningSocket
    let port: UInt16
    let reports = Reports()
    /// Those that end with it.
    private var servers: [ScriptedServer] = []

    /// - Parameter isBalanced: whether who connects may say whose the connection is; nil: nobody does.
    init(
        _ backend: BackendPolicy, limits: EngineLimits = EngineLimits(), tls: TLSIdentities? = nil,
        isBalanced: Bool? = nil,
        order: @escaping @Sendable (PassageOrder) -> Void = { _ in }, policy change: (inout ProxyPolicy) -> Void = { _ in }
    )
        throws
    {
        socket = try ListeningSocket.open("127.0.0.1:0")
        port = UInt16(socket.address.split(separator: ":")[1]) ?? 0
        let reports = reports
        var balancers: (@Sendable (PeerAddress) -> Bool)?
        if let isBalanced { balancers = { _ in isBalanced } }
        var policy = ProxyPolicy(backend: backend)
        change(&policy)
        let route = ProxyRoute(policy)
        thread = try EngineThread(
            entrances: [Entrance(socket, tls: tls, balancers: balancers)], limits: limits,
            makeHandler: { PassingHandler($0, route, reports, order) },
            failure: { fatalError("the loop could not begin: \($0)") })
    }

    convenience init(
        _ servers: [ScriptedServer], retry: BackendPolicy.Retry = .init(), limits: BackendPolicy.Limits = .init(),
        balance: BackendPolicy.Balance = .roundRobin
    ) throws {
        try self.init(
            BackendPolicy(
                number: 0, name: "app",
                servers: servers.map { server in
                    server.path.isEmpty
                        ? UpstreamServer(name: "http://127.0.0.1:\(server.port)", origin: .tcp(host: "127.0.0.1", port: server.port))
                        : UpstreamServer(name: "unix:\(server.path)", origin: .unix(path: server.path))
                }, balance: balance, retry: retry, limits: limits))
        self.servers = servers
    }

    func connect(receiveBuffer: Int32? = nil) -> RawConnection { RawConnection(port: port, receiveBuffer: receiveBuffer) }

    /// One request over a connection of its own.
    func ask(_ text: String, method: String = "GET") -> RawConnection.Answer? {
        let client = connect()
        client.send(text)
        return client.answer(to: method)
    }

    func get(_ path: String, _ lines: String...) -> RawConnection.Answer? {
        ask("GET \(path) HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }

    /// Ends the loop, and the servers that it was given. Connections that are still busy are cut off.
    func end() {
        thread.stop(grace: .zero)
        thread.join()
        close(socket.descriptor)
        for server in servers { server.end() }
    }
}

extension EngineThread {
    /// Runs `question` on the loop and waits for what it says.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (LoopContext) -> Answer) -> Answer? {
        let reply = Reply<Answer>()
        mailbox.post { loop in
            let answer = question(loop)
            reply.answer.withLock { $0 = answer }
        }
        _ = eventually { reply.answer.withLock { $0 != nil } }
        return reply.answer.withLock { $0 }
    }

    /// Lets time pass on the loop, behind all that it was sent before.
    func advance(seconds: Int64) {
        _ = ask { _ in true }
        _ = ask { $0.clock.advance(by: seconds * 1000) }
    }
}

private final class Reply<Answer: Sendable>: Sendable {
    let answer = Mutex<Answer?>(nil)
}

/// What was reported, as a test can look at it.
final class Reports: Sendable {
    struct Report: Sendable {
        var status: UInt16
        var bytes: Int
        var tries: Int
        var failure: String?
    }

    private let held = Mutex<[Report]>([])
    var all: [Report] { held.withLock { $0 } }
    func add(_ report: Report) { held.withLock { $0.append(report) } }

    /// Waits for a number of them; a test that never gets there fails by its own expectations.
    func until(_ count: Int) -> [Report] {
        _ = eventually { all.count >= count }
        return all
    }
}

extension Reports.Report {
    init(_ report: PassageReport) {
        self.init(status: report.status, bytes: report.bytes, tries: report.tries, failure: report.failure?.words)
    }
}

/// State belongs to the loop's thread.
private final class PassingHandler: RequestHandler, PassageListener {
    private let proxy: Proxy
    private let route: ProxyRoute
    private let reports: Reports
    private let order: @Sendable (PassageOrder) -> Void

    init(_ loop: LoopContext, _ route: ProxyRoute, _ reports: Reports, _ order: @escaping @Sendable (PassageOrder) -> Void) {
        var number = 0
        proxy = Proxy(
            loop: loop,
            random: { bound in
                number += 7919
                return number % bound
            })
        self.route = route
        self.reports = reports
        self.order = order
        proxy.listener = self
    }

    func handle(_ exchange: Exchange) {
        let order = PassageOrder(exchange, route)
        order.pinField = "x-deployment-id"
        order.isUpgrade = exchange.head.has(.upgrade)
        self.order(order)
        proxy.pass(order)
    }

    func passageRepeats(_ order: PassageOrder, _ hit: PreparedHit, _ response: PreparedResponse) {}

    func guardFinds(_ finding: GuardFinding) {}

    func passageEnds(_ report: PassageReport) {
        reports.add(.init(report))
    }

    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {
        reports.add(.init(status: refusal.status, bytes: answered ?? 0, tries: 0, failure: refusal.reason.rawValue))
    }

    func turn(_ loop: LoopContext) { proxy.turn([route.policy.backend]) }
}
