import Glibc
import HTTPEngine
import Snapshots
import Sockets
import Synchronization
import TestPatience
import Testing

@testable import Proxying

/// One question to each server at the same time, and what is said of those that are not well.
@Suite struct HealthRoundTests {
    private final class Nobody: RequestHandler {
        func handle(_ exchange: Exchange) {}
        func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}
        func turn(_ loop: LoopContext) {}
        func giveUpDescriptors() -> Bool { false }
    }

    private func ask(_ servers: [UpstreamServer], checks: BackendPolicy.Checks?, http2: Bool = false) throws -> [HealthFinding] {
        let backend = BackendPolicy(number: 0, name: "app", servers: servers, checks: checks, speaksHTTP2: http2)
        let thread = try EngineThread(entrances: [], makeHandler: { _ in Nobody() }, failure: { fatalError("\($0)") })
        let found = Mutex<[HealthFinding]?>(nil)
        thread.mailbox.post { loop in HealthRound.ask(servers, of: backend, on: loop) { findings in found.withLock { $0 = findings } } }
        _ = eventually { found.withLock { $0 != nil } }
        thread.stop(grace: .zero)
        thread.join()
        return try #require(found.withLock { $0 })
    }

    private static let patient: BackendPolicy.Checks = {
        var checks = BackendPolicy.Checks()
        checks.timeout = 60_000
        return checks
    }()

    private func server(_ port: UInt16) -> UpstreamServer { UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: port)) }

    private func answering(_ text: String) -> ScriptedServer {
        ScriptedServer { connection, _ in
            _ = connection.head()
            connection.send(text)
        }
    }

    @Test func eachGetsAFindingOfItsOwn() throws {
        let good = answering("HTTP/1.1 204 No Content\r\n\r\n")
        let moved = answering("HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        let sick = answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        let (odd, mute) = (answering("hello\r\n\r\n"), answering(""))
        defer { for each in [good, moved, sick, odd, mute] { each.end() } }
        let nowhere = UpstreamServer(name: "n", origin: .tcp(host: "no.such.name", port: 80))
        let findings = try ask(
            [server(good.port), server(moved.port), server(sick.port), server(odd.port), server(mute.port), server(1), nowhere],
            checks: Self.patient)
        #expect(
            findings == [.good, .good, .status(500, path: "/healthz"), .noAnswer, .noAnswer, .unreachable(ECONNREFUSED), .nowhere])
        #expect(findings[2].words == "answers GET /healthz with 500")
        #expect(findings[5].words == "cannot be reached: Connection refused")
    }

    @Test func withoutAPathAConnectionIsEnough() throws {
        let mute = answering("")
        defer { mute.end() }
        #expect(try ask([server(mute.port), server(1)], checks: nil) == [.good, .unreachable(ECONNREFUSED)])
    }

    @Test func whoTakesTheConnectionAndSaysNothingIsSilent() throws {
        let patient = ScriptedServer { connection, _ in _ = connection.rest() }
        defer { patient.end() }
        var checks = BackendPolicy.Checks()
        checks.timeout = 1
        #expect(try ask([server(patient.port)], checks: checks) == [.silent])
    }

    @Test func anEncryptedServerWithoutMeansIsNotAsked() throws {
        let secure = UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: 1), isSecure: true)
        #expect(try ask([secure], checks: nil) == [.unreachable(EPROTONOSUPPORT)])
    }
}
