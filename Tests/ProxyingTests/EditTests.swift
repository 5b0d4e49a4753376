import HTTPEngine
import Snapshots
import Testing

@testable import Proxying

/// What a route changes on the way.
@Suite struct EditTests {
    private static func edits(set: [String] = [], add: [String] = [], remove: [String] = []) -> FieldEdits {
        var edits = FieldEdits()
        edits.removed =
            set.map { Array($0.split(separator: ":")[0].lowercased().utf8) } + remove.filter { !$0.hasSuffix("*") }.map { Array($0.utf8) }
        edits.removedPrefixes = remove.filter { $0.hasSuffix("*") }.map { Array($0.dropLast().utf8) }
        edits.lines = (set + add).flatMap { Array("\($0)\r\n".utf8) }
        return edits
    }

    @Test func fieldsAreSetAddedAndRemovedBothWays() throws {
        let server = ScriptedServer { connection, _ in
            guard let head = connection.head() else { return }
            connection.send(
                "HTTP/1.1 200 OK\r\nServer: old\r\nX-Powered-By: it\r\nX-Internal-One: 1\r\nX-Keep: 1\r\nContent-Length: \(head.utf8.count)\r\n\r\n"
                    + head)
            _ = connection.rest()
        }
        let (request, response) = (
            Self.edits(set: ["X-Set: new"], add: ["X-Add: 2"], remove: ["x-gone", "x-secret-*"]),
            Self.edits(set: ["Server: new"], remove: ["x-powered-by", "x-internal-*"])
        )
        let live = UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: server.port))
        let proxy = try ProxyUnderTest(
            BackendPolicy(number: 0, name: "app", servers: [live]),
            policy: { policy in
                policy.request = request
                policy.response = response
            })
        defer {
            proxy.end()
            server.end()
        }
        let answer = try #require(proxy.get("/", "X-Set: old", "X-Add: 1", "X-Gone: 1", "X-Secret-A: 1", "X-Secretary: 1"))
        #expect(answer["Server"] == "new")
        #expect(answer.fields.filter { $0.hasPrefix("Server") }.count == 1)
        #expect(answer["X-Powered-By"] == nil && answer["X-Internal-One"] == nil && answer["X-Keep"] == "1")
        let head = answer.text
        #expect(head.contains("\r\nX-Set: new\r\n") && !head.contains("X-Set: old"))
        #expect(head.contains("\r\nX-Add: 1\r\n") && head.contains("\r\nX-Add: 2\r\n"))
        #expect(!head.contains("X-Gone") && !head.contains("X-Secret-A") && head.contains("X-Secretary: 1"))
    }

    @Test func theHostIsTheClientsTheServersOrAnother() throws {
        let server = ScriptedServer.echoing()
        let live = UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: server.port))
        let backend = BackendPolicy(number: 0, name: "app", servers: [live])
        defer { server.end() }
        for (host, wanted) in [
            (ProxyPolicy.Host.client, "h"), (.fixed(nil), "127.0.0.1:\(server.port)"), (.fixed(Array("x.example".utf8)), "x.example"),
        ] {
            let proxy = try ProxyUnderTest(backend, policy: { $0.host = host })
            #expect(proxy.get("/")?.text.contains("\r\nHost: \(wanted)\r\n") == true)
            proxy.end()
        }
    }

    @Test func aTrustedProxysWordGoesOnAndNobodyElses() throws {
        let server = ScriptedServer.echoing()
        let live = UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: server.port))
        let backend = BackendPolicy(number: 0, name: "app", servers: [live])
        let trusting = try ProxyUnderTest(backend, policy: { $0.trusted = [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)] })
        let strict = try ProxyUnderTest(backend, policy: { $0.trusted = [AddressPrefix(bytes: [10, 0, 0, 0], length: 8)] })
        defer {
            trusting.end()
            strict.end()
            server.end()
        }
        let fields = [
            "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example", "Forwarded: for=192.0.2.7",
        ]
        let request = "GET / HTTP/1.1\r\nHost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        let believed = try #require(trusting.ask(request)?.text)
        #expect(believed.contains("\r\nX-Forwarded-For: 192.0.2.7, 127.0.0.1\r\n"))
        #expect(believed.contains("\r\nX-Forwarded-Proto: https\r\n") && believed.contains("\r\nX-Forwarded-Host: shop.example\r\n"))
        #expect(believed.contains("\r\nForwarded: for=192.0.2.7, for=127.0.0.1\r\n"))
        let doubted = try #require(strict.ask(request)?.text)
        #expect(doubted.contains("\r\nX-Forwarded-For: 127.0.0.1\r\n") && doubted.contains("\r\nX-Forwarded-Proto: http\r\n"))
        #expect(!doubted.contains("192.0.2.7") && !doubted.contains("shop.example"))
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("6.6.6.6, 192.0.2.7", "192.0.2.7"), ("6.6.6.6, 192.0.2.7, 127.0.0.9", "192.0.2.7"),
        ("127.0.0.9", "127.0.0.9"), ("garbage, 127.0.0.9", "127.0.0.9"), ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::1]:80", "2001:db8:0:0:0:0:0:1"),
        ("unknown", "127.0.0.1"),
    ])
    func theClientIsTheLastThatIsNoProxy(_ said: String, _ client: String) throws {
        let head = Array("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: \(said)\r\n\r\n".utf8)
        let peer = try #require(PeerAddress(text: "127.0.0.1"))
        let request = try DetachedRequest(head: head, peer: peer)
        let trusted = [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)]
        #expect(ForwardedClient.of(request.exchange, trusted: trusted).description == client)
        #expect(ForwardedClient.of(request.exchange, trusted: []).description == "127.0.0.1")
    }

    @Test func theServerThatThePathNamesIsAskedWhileItIsThere() throws {
        let (one, other) = (ScriptedServer.echoing(), ScriptedServer.echoing())
        let servers = [one, other].map { UpstreamServer(name: "s\($0.port)", origin: .tcp(host: "127.0.0.1", port: $0.port)) }
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: servers)) { $0.server = servers[1] }
        for _ in 0..<4 { #expect(proxy.get("/")?.status == 200) }
        #expect(one.seen.isEmpty && other.seen.count == 4)
        other.end()
        proxy.end()
        one.end()
    }
}
