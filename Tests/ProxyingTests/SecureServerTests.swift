import Glibc
import HTTPEngine
import Snapshots
import TestPatience
import TestTLS
import Testing

@testable import Proxying

/// Servers that are reached over TLS: what they must prove, and that nothing goes to one that has not.
@Suite struct SecureServerTests {
    private static let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"

    @Test func requestsAndBodiesGoBothWaysOverConnectionsThatPersist() throws {
        let front = try SecureFront()
        let proxy = try Trust.proxy(front.port, try Trust.connector())
        defer {
            proxy.end()
            front.end()
        }
        let body = String(repeating: "0123456789", count: 60_000)
        let client = proxy.connect()
        for number in 0..<5 {
            client.send("POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            let answer = try #require(client.answer(to: "POST"))
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix("POST /\(number) ") && answer.text.hasSuffix("\r\n\r\n" + body))
        }
        #expect(front.proxy.reports.until(5).count == 5)
        #expect(proxy.reports.until(5).allSatisfy { $0.failure == nil })
    }

    @Test(arguments: ["app.test", "APP.test", "127.0.0.1", "a.wild.test"])
    func aNameIsProvenByAnAlternativeName(_ name: String) throws {
        let front = try SecureFront()
        let proxy = try Trust.proxy(front.port, try Trust.connector(name))
        defer {
            proxy.end()
            front.end()
        }
        #expect(proxy.get("/")?.status == 200)
    }

    @Test(arguments: [
        (SecureFront.Certificate.server, "other.test", "tls-wrong-name"), (.server, "a.b.wild.test", "tls-wrong-name"),
        (.server, "wild.test", "tls-wrong-name"), (.server, "127.0.0.2", "tls-wrong-name"), (.server, "nobody", "tls-wrong-name"),
        (.nameless, "app.test", "tls-wrong-name"), (.stranger, "app.test", "tls-unknown-authority"),
        (.expired, "app.test", "tls-expired"),
    ])
    func whoCannotProveItGetsNothing(_ certificate: SecureFront.Certificate, _ name: String, _ reason: String) throws {
        let front = try SecureFront(certificate)
        let proxy = try Trust.proxy(front.port, try Trust.connector(name))
        defer {
            proxy.end()
            front.end()
        }
        let answer = try #require(proxy.ask(Self.post, method: "POST"))
        #expect(answer.status == 502)
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer["Cache-Status"] == "tandem; fwd=bypass; detail=\(reason)")
        #expect(proxy.reports.until(1).first?.failure == reason)
        #expect(front.server.connectionCount == 0)
    }

    @Test func nothingIsSentPlainlyWhereEncryptionIsMissing() throws {
        let server = ScriptedServer.echoing()
        let proxy = try Trust.proxy(server.port, nil)
        defer {
            proxy.end()
            server.end()
        }
        #expect(proxy.get("/")?.status == 503)
        #expect(server.connectionCount == 0)
    }

    @Test func aServerThatSpeaksNoTLSIsRefused() throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.read(1)
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        let silent = ScriptedServer { connection, _ in _ = connection.read(1) }
        for (server, reason) in [(server, "tls-handshake"), (silent, "tls-ended")] {
            let proxy = try Trust.proxy(server.port, try Trust.connector())
            defer {
                proxy.end()
                server.end()
            }
            #expect(proxy.get("/")?.status == 502)
            let told = proxy.reports.until(1).first?.failure
            // One that closes with bytes unread resets the connection.
            #expect([reason, "connect"].contains(told))
        }
    }

    @Test func whatOneCouldNotProveIsAskedAtAnotherWhateverTheMethod() throws {
        let (bad, good) = (try SecureFront(.stranger), try SecureFront())
        let connector = try Trust.connector()
        let servers = [Trust.server(bad.port, connector), Trust.server(good.port, connector)]
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: servers))
        defer {
            proxy.end()
            bad.end()
            good.end()
        }
        for _ in 0..<4 { #expect(proxy.ask(Self.post, method: "POST")?.status == 200) }
        #expect(bad.server.connectionCount == 0)
        #expect(servers[0].health.returnsAt > 0 || proxy.reports.until(4).contains { $0.tries == 2 })
    }

    @Test func aCertificateThatChangesUnderWayCountsForTheNextConnection() throws {
        let front = try SecureFront()
        let proxy = try Trust.proxy(front.port, try Trust.connector())
        defer {
            proxy.end()
            front.end()
        }
        #expect(proxy.get("/")?.status == 200)
        front.identities.replace(try SecureFront.table(.stranger))
        // The one that is open goes on.
        #expect(proxy.get("/")?.status == 200)
        let other = try Trust.proxy(front.port, try Trust.connector())
        defer { other.end() }
        #expect(other.get("/")?.status == 502)
        front.identities.replace(try SecureFront.table(.server))
        #expect(other.get("/")?.status == 200)
    }

    @Test func aServerIsShownOurCertificateWhereItAsks() throws {
        let front = try SecureFront(clients: .required(authorities: Array(TestAuthority.authority.utf8)))
        let own = TLSConnector.Certificate(chain: Array(TestAuthority.client.utf8), key: Array(TestAuthority.clientKey.utf8))
        let (known, unknown) = (
            try Trust.proxy(front.port, try Trust.connector(certificate: own)), try Trust.proxy(front.port, try Trust.connector())
        )
        defer {
            known.end()
            unknown.end()
            front.end()
        }
        #expect(known.get("/")?.status == 200)
        #expect(unknown.get("/")?.status == 502)
    }

    @Test func aTunnelPassesBothWays() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            connection.send(connection.rest().bytes)
        }
        let front = try SecureFront(server: server)
        let proxy = try Trust.proxy(front.port, try Trust.connector())
        defer {
            proxy.end()
            front.end()
        }
        let client = proxy.connect()
        client.get("/", "Connection: Upgrade", "Upgrade: echo")
        #expect(client.head()?.hasPrefix("HTTP/1.1 101 ") == true)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        client.send(bytes)
        client.finishSending()
        #expect(client.rest().bytes == bytes)
    }

    @Test func aTunnelThatItsServerResetsEndsAndIsNotAskedForAgain() throws {
        let gate = Gate()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n!")
            gate.wait()
            connection.reset()
        }
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.get("/", "Connection: Upgrade", "Upgrade: echo")
        #expect(client.head()?.hasPrefix("HTTP/1.1 101 ") == true)
        #expect(client.read(1) == Array("!".utf8))
        gate.open()
        let (bytes, end) = client.rest()
        #expect(bytes.isEmpty && end != .nothing)
        #expect(server.connectionCount == 1)
    }

    @Test func healthIsAskedOverTLS() throws {
        let front = try SecureFront()
        var checks = BackendPolicy.Checks()
        checks.healthy = 1
        (checks.every, checks.timeout) = (1000, 60_000)
        let proxy = try Trust.proxy(front.port, try Trust.connector(), checks: checks)
        defer {
            proxy.end()
            front.end()
        }
        _ = front.proxy.reports.until(1)
        #expect(front.server.seen.first?.hasPrefix("GET /healthz HTTP/1.1\r\n") == true)
        // It is known to be down after three.
        checks.every = 3_600_000
        let bad = try Trust.proxy(front.port, try Trust.connector("other.test"), checks: checks)
        defer { bad.end() }
        #expect(bad.get("/")?.status == 502)
    }

    @Test(arguments: RealServer.Kind.installed)
    func realServersAreReached(_ kind: RealServer.Kind) throws {
        let server = try #require(RealServer(kind, .secure))
        let (proxy, strict) = (
            try Trust.proxy(server.port, try Trust.connector()), try Trust.proxy(server.port, try Trust.connector("other.test"))
        )
        defer {
            proxy.end()
            strict.end()
            server.end()
        }
        for _ in 0..<3 { #expect(proxy.get("/a")?.text == "ok") }
        #expect(strict.get("/b")?.status == 502)
        #expect(server.requests.allSatisfy { $0.contains("/a") })
    }
}
