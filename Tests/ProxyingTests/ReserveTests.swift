import Snapshots
import Testing

@testable import Proxying

/// Servers of a later priority (RFC 2782): asked while none of an earlier one can be reached, and not before.
@Suite struct ReserveTests {
    private static func member(_ server: ScriptedServer, rank: Int) -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:\(server.port)", origin: .tcp(host: "127.0.0.1", port: server.port), rank: rank)
    }

    @Test(arguments: [BackendPolicy.Balance.roundRobin, .leastConnections, .randomTwo, .consistentHash(.path)])
    func theReserveIsAskedOnlyWhileNobodyElseIsThere(_ balance: BackendPolicy.Balance) throws {
        let (first, second, reserve) = (ScriptedServer.echoing(), ScriptedServer.echoing(), ScriptedServer.echoing())
        // The reserve stands in front, and is heavier: neither counts.
        let members = [Self.member(reserve, rank: 1), Self.member(first, rank: 0), Self.member(second, rank: 0)]
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: members, balance: balance))
        defer {
            proxy.end()
            for server in [first, second, reserve] { server.end() }
        }
        for number in 0..<12 { #expect(proxy.get("/\(number)")?.status == 200) }
        #expect(reserve.seen.isEmpty)
        // One of the first is enough.
        _ = members[1].health.checked(isGood: false, healthy: 1, unhealthy: 1, now: 0)
        for number in 0..<6 { #expect(proxy.get("/\(number)")?.status == 200) }
        #expect(reserve.seen.isEmpty)
        _ = members[2].health.checked(isGood: false, healthy: 1, unhealthy: 1, now: 0)
        for number in 0..<6 { #expect(proxy.get("/\(number)")?.status == 200) }
        #expect(reserve.seen.count == 6)
        // Who comes back takes over again.
        _ = members[2].health.checked(isGood: true, healthy: 1, unhealthy: 1, now: 0)
        for number in 0..<6 { #expect(proxy.get("/\(number)")?.status == 200) }
        #expect(reserve.seen.count == 6)
    }

    /// Before anybody has found out that the first have gone, the request that does goes on to the reserve.
    @Test func aRequestThatFindsNobodyGoesOnToTheReserve() throws {
        let reserve = ScriptedServer.echoing()
        let gone = UpstreamServer(name: "gone", origin: .tcp(host: "127.0.0.1", port: 1))
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: [gone, Self.member(reserve, rank: 1)]))
        defer {
            proxy.end()
            reserve.end()
        }
        for number in 0..<6 { #expect(proxy.get("/\(number)")?.status == 200) }
    }
}
