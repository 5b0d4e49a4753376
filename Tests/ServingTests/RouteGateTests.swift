import HTTPEngine
import Snapshots
import Testing

@testable import Serving

/// Who may use a route, and how often.
@Suite struct RouteGateTests {
    private static let loopback = AddressPrefix(bytes: [127, 0, 0, 0], length: 8)
    private static let other = AddressPrefix(bytes: [10, 0, 0, 0], length: 8)

    /// Requests to a site whose one release route has the gate.
    private func serve(_ gate: RouteGate, trusted: [AddressPrefix] = [], _ body: (TestServer) throws -> Void) throws {
        var site = try TestSite([TestFile("index.html", "<!doctype html>home")])
        var route = SitePolicy.Route(path: .everything, action: .release(fallback: nil))
        route.gate = gate
        site.policy.routes = [route]
        site.policy.trusted = trusted
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        try body(server)
    }

    @Test func whoIsDeniedIsForbiddenAlsoWhatOthersMadeHot() throws {
        var gate = RouteGate()
        gate.denied = [Self.loopback]
        gate.allowed = [Self.loopback]
        try serve(gate) { (server) throws in
            for _ in 0..<2 {
                let answer = try server.get("/")
                #expect(answer.status == 403)
                #expect(answer["Cache-Control"] == "no-store")
            }
        }
    }

    @Test func aRangeOfOneFamilyHoldsNobodyOfTheOther() throws {
        let (all4, all6) = (
            AddressPrefix(bytes: [0, 0, 0, 0], length: 0), AddressPrefix(bytes: [UInt8](repeating: 0, count: 16), length: 0)
        )
        let (four, six) = (try #require(PeerAddress(text: "192.0.2.1")), try #require(PeerAddress(text: "2001:db8::1")))
        #expect(all4.contains(high: four.high, low: four.low) && !all4.contains(high: six.high, low: six.low))
        #expect(!all6.contains(high: four.high, low: four.low) && all6.contains(high: six.high, low: six.low))
        let mapped = AddressPrefix(bytes: [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 0], length: 120)
        #expect(mapped.contains(high: four.high, low: four.low))
        #expect([all4, all6, mapped].map(\.description) == ["0.0.0.0/0", "::/0", "192.0.2.0/24"])
        #expect(AddressPrefix(bytes: [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 12), length: 32).description == "2001:db8::/32")
    }

    @Test func onlyWhoIsAllowedComesIn() throws {
        var gate = RouteGate()
        gate.allowed = [Self.other]
        try serve(gate) { (server) throws in #expect(try server.get("/").status == 403) }
        gate.allowed = [Self.loopback]
        try serve(gate) { (server) throws in for _ in 0..<3 { #expect(try server.get("/").status == 200) } }
    }

    @Test func aTrustedProxySaysWhoComes() throws {
        var gate = RouteGate()
        gate.allowed = [Self.other]
        try serve(gate, trusted: [Self.loopback]) { (server) throws in
            #expect(try server.get("/", ["X-Forwarded-For: 10.1.2.3"]).status == 200)
            #expect(try server.get("/", ["X-Forwarded-For: 10.1.2.3, 192.0.2.1"]).status == 403)
            #expect(try server.get("/").status == 403)
        }
    }

    @Test func whoAsksTooOftenIsToldWhenToComeBack() throws {
        var gate = RouteGate()
        gate.limits = [RouteGate.Limit(key: .client, requests: 3, periodMilliseconds: 3_600_000, burst: 3)]
        try serve(gate) { (server) throws in
            for _ in 0..<3 { #expect(try server.get("/").status == 200) }
            let answer = try server.get("/")
            #expect(answer.status == 429)
            #expect(answer["Retry-After"] == "1200")
            #expect(answer["RateLimit-Policy"] == "\"route\";q=3;w=3600")
            #expect(answer["RateLimit"] == "\"route\";r=0;t=1200")
        }
    }

    @Test func limitsTellRequestsApartByWhatTheySay() throws {
        var gate = RouteGate()
        gate.limits = [RouteGate.Limit(key: .header("x-key"), requests: 1, periodMilliseconds: 3_600_000, burst: 1)]
        try serve(gate) { (server) throws in
            for key in ["a", "b", "c"] { #expect(try server.get("/", ["X-Key: \(key)"]).status == 200) }
            #expect(try server.get("/", ["X-Key: b"]).status == 429)
        }
        gate.limits = [RouteGate.Limit(key: .path, requests: 1, periodMilliseconds: 3_600_000, burst: 1)]
        try serve(gate) { (server) throws in
            #expect(try server.get("/").status == 200)
            #expect(try server.get("/none").status == 404)
            #expect(try server.get("/?x=1").status == 429)
        }
    }
}
