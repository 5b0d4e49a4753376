import Glibc
import Snapshots
import TestPatience
import Testing

@testable import Proxying

/// Servers that join and leave while requests are in work.
@Suite struct ChangingServersTests {
    private static func member(_ server: ScriptedServer) -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:\(server.port)", origin: .tcp(host: "127.0.0.1", port: server.port))
    }

    @Test func whoLeavesFinishesWhatItHoldsAndGetsNoMore() throws {
        let gate = Gate()
        let (old, new) = (
            ScriptedServer { connection, _ in
                while let head = connection.head() {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nold")
                    if head.hasPrefix("GET /slow") { gate.wait() }
                    connection.send(" ok")
                }
            }, ScriptedServer.echoing()
        )
        let (first, second) = (Self.member(old), Self.member(new))
        let policy = BackendPolicy(number: 0, name: "app", servers: [first])
        let proxy = try ProxyUnderTest(policy)
        defer {
            proxy.end()
            old.end()
            new.end()
        }
        #expect(proxy.get("/")?.text == "old ok")
        let slow = proxy.connect()
        slow.get("/slow")
        #expect(slow.head()?.hasPrefix("HTTP/1.1 200 ") == true)
        policy.replaceServers([second])
        for number in 0..<3 { #expect(proxy.get("/\(number)")?.text.hasPrefix("GET /\(number) ") == true) }
        gate.open()
        #expect(slow.read(6) == Array("old ok".utf8))
        #expect(new.seen.count == 3)
    }

    @Test func whoStaysKeepsItsConnections() throws {
        let (one, other) = (ScriptedServer.echoing(), ScriptedServer.echoing())
        let (first, second) = (Self.member(one), Self.member(other))
        let policy = BackendPolicy(number: 0, name: "app", servers: [first, second])
        let proxy = try ProxyUnderTest(policy)
        defer {
            proxy.end()
            one.end()
            other.end()
        }
        for _ in 0..<4 { #expect(proxy.get("/")?.status == 200) }
        policy.replaceServers([second])
        for _ in 0..<4 { #expect(proxy.get("/")?.status == 200) }
        policy.replaceServers([second, first])
        for _ in 0..<4 { #expect(proxy.get("/")?.status == 200) }
        #expect(other.connectionCount == 1)
        #expect(one.connectionCount == 2)
    }
}
