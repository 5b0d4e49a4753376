import Glibc
import HTTPEngine
import Snapshots
import TestPatience
import TestTLS
import Testing

@testable import Proxying

/// PROXY headers in front of connections, from balancers and to servers.
@Suite struct ProxyProtocolTests {
    private static let line = "PROXY TCP4 203.0.113.9 198.51.100.7 4711 443\r\n"

    private static func policy(_ server: UpstreamServer, _ announcement: BackendPolicy.Announcement? = nil) -> BackendPolicy {
        BackendPolicy(number: 0, name: "app", servers: [server], announcement: announcement)
    }

    private static func plain(_ port: UInt16) -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:\(port)", origin: .tcp(host: "127.0.0.1", port: port))
    }

    private static func behindBalancer(_ policy: BackendPolicy) throws -> ProxyUnderTest {
        try ProxyUnderTest(policy, isBalanced: true)
    }

    /// One request behind a header.
    private static func ask(_ proxy: ProxyUnderTest, _ header: [UInt8], bytewise: Bool = false) -> RawConnection.Answer? {
        let client = proxy.connect()
        let all = header + Array("GET /a HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        if bytewise {
            for byte in all {
                client.send([byte])
                usleep(200)
            }
        } else {
            client.send(all)
        }
        return client.answer()
    }

    @Test func whoABalancerNamesIsTheClient() throws {
        let server = ScriptedServer.echoing()
        let proxy = try Self.behindBalancer(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        let source = try #require(PeerAddress(text: "[2001:db8::9]"))
        let v2 = ProxyHeader(addresses: .init(source: source, destination: source)).bytes(.v2)
        for bytewise in [false, true] {
            let one = Self.ask(proxy, Array(Self.line.utf8), bytewise: bytewise)
            #expect(one?.text.contains("X-Forwarded-For: 203.0.113.9\r\n") == true)
            let other = Self.ask(proxy, v2, bytewise: bytewise)
            #expect(other?.text.contains("X-Forwarded-For: 2001:db8:0:0:0:0:0:9\r\n") == true)
        }
        let own = Self.ask(proxy, ProxyHeader(addresses: nil).bytes(.v2))
        #expect(own?.text.contains("X-Forwarded-For: 127.0.0.1\r\n") == true)
    }

    @Test func withoutAHeaderNothingIsServed() throws {
        let server = ScriptedServer.echoing()
        let proxy = try Self.behindBalancer(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.get("/")
        #expect(client.rest().bytes.isEmpty)
        #expect(proxy.reports.until(1).first?.failure == "badProxyHeader")
        #expect(server.connectionCount == 0)
    }

    @Test func fromOthersNoHeaderCounts() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)), isBalanced: false)
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.send(Self.line)
        client.get("/")
        #expect(client.rest().bytes.isEmpty)
        #expect(proxy.reports.until(1).first?.failure == "unknownBalancer")
        #expect(server.connectionCount == 0)
    }

    @Test(arguments: [BackendPolicy.Announcement.proxyV1, .proxyV2])
    func aServerHearsWhoTheClientIsBeforeEncryption(_ announcement: BackendPolicy.Announcement) throws {
        let server = ScriptedServer.echoing()
        let identities = TLSIdentities(try SecureFront.table(.server))
        let front = try ProxyUnderTest(Self.policy(Self.plain(server.port)), tls: identities, isBalanced: true)
        let proxy = try Self.behindBalancer(Self.policy(Trust.server(front.port, try Trust.connector()), announcement))
        defer {
            proxy.end()
            front.end()
            server.end()
        }
        let answer = Self.ask(proxy, Array(Self.line.utf8))
        #expect(answer?.text.contains("X-Forwarded-For: 203.0.113.9\r\n") == true)
    }

    @Test func aConnectionThatNamesItsClientIsForThatClientAlone() throws {
        let server = ScriptedServer { connection, number in
            let name = String(decoding: connection.read(Self.line.utf8.count), as: UTF8.self)
            while connection.head() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)")
            }
        }
        let proxy = try Self.behindBalancer(Self.policy(Self.plain(server.port), .proxyV1))
        defer {
            proxy.end()
            server.end()
        }
        let lines = (1...3).map { "PROXY TCP4 203.0.113.\($0) 198.51.100.7 4711 443\r\n" }
        let clients = lines.map { line in
            let client = proxy.connect()
            client.send(line)
            return (client, line)
        }
        for _ in 0..<4 {
            for (client, line) in clients {
                client.get("/")
                #expect(client.answer()?.text.hasPrefix(line.dropLast(2)) == true)
            }
        }
        #expect(server.connectionCount == 3)
    }

    @Test func healthChecksSayThatTheyAreNobodys() throws {
        let server = ScriptedServer { connection, _ in
            guard let head = connection.head() else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(head.utf8.count)\r\n\r\n\(head)")
        }
        var checks = BackendPolicy.Checks()
        (checks.every, checks.timeout) = (1000, 60_000)
        let policy = BackendPolicy(
            number: 0, name: "app", servers: [Self.plain(server.port)], checks: checks, announcement: .proxyV1)
        let proxy = try ProxyUnderTest(policy)
        defer {
            proxy.end()
            server.end()
        }
        #expect(eventually { server.connectionCount > 0 })
        let answer = proxy.get("/")
        #expect(answer?.text.hasPrefix("PROXY TCP4 127.0.0.1 127.0.0.1 ") == true)
    }

    @Test(arguments: RealServer.Kind.installed, [BackendPolicy.Announcement.proxyV1, .proxyV2])
    func realServersUnderstandIt(_ kind: RealServer.Kind, _ announcement: BackendPolicy.Announcement) throws {
        let server = try #require(RealServer(kind, .proxied))
        let proxy = try Self.behindBalancer(Self.policy(Self.plain(server.port), announcement))
        defer {
            proxy.end()
            server.end()
        }
        #expect(Self.ask(proxy, Array(Self.line.utf8))?.text == "203.0.113.9:4711")
    }

    @Test(.enabled(if: RealServer.Kind.installed.contains(.haproxy)), arguments: ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])
    func aRealBalancerIsUnderstood(_ words: String) throws {
        let server = ScriptedServer.echoing()
        let proxy = try Self.behindBalancer(Self.policy(Self.plain(server.port)))
        let balancer = try #require(RealServer(.haproxy, .balancing(port: proxy.port, words: words)))
        defer {
            balancer.end()
            proxy.end()
            server.end()
        }
        let client = RawConnection(port: balancer.port)
        client.get("/")
        #expect(client.answer()?.text.contains("X-Forwarded-For: 127.0.0.1\r\n") == true)
    }
}
