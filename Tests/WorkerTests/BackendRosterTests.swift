import Snapshots
import Sockets
import Testing

@testable import Discovery
@testable import Worker

/// Who is in a backend when its names are looked up again and again.
@Suite struct BackendRosterTests {
    private static func server(_ name: String) -> UpstreamServer {
        UpstreamServer(name: name, origin: .tcp(host: "app.test", port: 90))
    }

    private static func roster(every: Int64 = 30_000) -> BackendRoster {
        BackendRoster(
            [
                .fixed(UpstreamServer(name: "fixed", origin: .tcp(host: "10.9.9.9", port: 1))),
                .sought(
                    .host("app.test", port: 90),
                    make: { place, health in
                        UpstreamServer(
                            name: "\(place.address)", origin: .tcp(host: "app.test", port: 90), weight: place.weight,
                            addresses: [place.address], health: health)
                    }, unknown: server("unknown")),
            ], every: every)
    }

    private static func finding(_ hosts: String..., weight: Int = 1, seconds: UInt32 = .max) -> Finding {
        Finding(
            places: hosts.compactMap { SocketAddress(host: $0, port: 90) }.map { .init(address: $0, weight: weight) }, seconds: seconds)
    }

    @Test func aNameThatIsNotFoundStandsForItself() {
        var roster = Self.roster()
        #expect(roster.servers.map(\.name) == ["fixed", "unknown"])
        #expect(roster.servers[1].addresses.isEmpty)
        #expect(roster.take(nil, at: 1, now: 0).isEmpty)
        #expect(roster.servers.map(\.name) == ["fixed", "unknown"])
    }

    @Test func whoStaysIsTheSameAndWhoJoinsBeginsSlowly() {
        var roster = Self.roster()
        #expect(roster.take(Self.finding("10.0.0.1", "10.0.0.2"), at: 1, now: 1000).joined == ["10.0.0.1:90", "10.0.0.2:90"])
        let before = roster.servers
        #expect(before.map(\.name) == ["fixed", "10.0.0.1:90", "10.0.0.2:90"])
        // The first that are found need not wait for each other.
        #expect(before[1].health.weight(of: 1, now: 1000) == 10)
        let change = roster.take(Self.finding("10.0.0.2", "10.0.0.3"), at: 1, now: 40_000)
        #expect(change == .init(joined: ["10.0.0.3:90"], left: ["10.0.0.1:90"]))
        let after = roster.servers
        #expect(after[0] === before[0] && after[1] === before[2])
        #expect(after[2].health.weight(of: 1, now: 40_000) == 1)
        #expect(after[2].health.weight(of: 1, now: 50_000) == 10)
    }

    @Test func whatIsKnownOfAServerOutlivesItsWeight() {
        var roster = Self.roster()
        _ = roster.take(Self.finding("10.0.0.1"), at: 1, now: 0)
        let before = roster.servers[1]
        _ = roster.take(Self.finding("10.0.0.1", weight: 5), at: 1, now: 0)
        #expect(roster.servers[1] !== before && roster.servers[1].health === before.health && roster.servers[1].weight == 5)
    }

    @Test func aFailureKeepsWhatWasKnown() {
        var roster = Self.roster()
        _ = roster.take(Self.finding("10.0.0.1"), at: 1, now: 0)
        let before = roster.servers
        #expect(roster.take(nil, at: 1, now: 30_000).isEmpty)
        #expect(zip(roster.servers, before).allSatisfy { $0 === $1 })
        #expect(roster.due(now: 34_999).isEmpty && roster.due(now: 35_000).count == 1)
    }

    @Test(arguments: [(UInt32(10), Int64(10_000)), (0, 1_000), (600, 30_000), (.max, 30_000)])
    func anAnswerIsBelievedForAsLongAsItSaysWithinBounds(_ seconds: UInt32, _ milliseconds: Int64) {
        var roster = Self.roster()
        #expect(roster.due(now: 0).map(\.whereabouts) == [.host("app.test", port: 90)])
        _ = roster.take(Self.finding("10.0.0.1", seconds: seconds), at: 1, now: 5)
        #expect(roster.due(now: 4 + milliseconds).isEmpty && roster.due(now: 5 + milliseconds).count == 1)
    }
}
