import Snapshots
import Testing

@testable import Proxying

@Suite struct BalancerTests {
    private func makeBalancer(_ balance: BackendPolicy.Balance, _ count: Int) -> Balancer {
        Balancer(
            balance,
            (0..<count).map { UpstreamServer(name: "http://10.0.0.\($0 + 1):80", origin: .tcp(host: "10.0.0.\($0 + 1)", port: 80)) })
    }

    private func candidates(_ weights: [Int], active: [Int]? = nil) -> [Balancer.Candidate] {
        weights.indices.map { Balancer.Candidate(weight: weights[$0], active: active?[$0] ?? 0) }
    }

    @Test func turnsAreByWeightAndNeverInBursts() {
        var balancer = makeBalancer(.roundRobin, 3)
        let chosen = (0..<7).compactMap { _ in balancer.choose(candidates([50, 10, 10]), key: 0, random: { _ in 0 }) }
        #expect(chosen.filter { $0 == 0 }.count == 5)
        #expect(chosen.filter { $0 == 1 }.count == 1)
        #expect(chosen == [0, 0, 1, 0, 2, 0, 0])
    }

    @Test func aServerWithoutWeightGetsNothing() {
        for balance in [BackendPolicy.Balance.roundRobin, .leastConnections, .randomTwo, .consistentHash(.path)] {
            var balancer = makeBalancer(balance, 3)
            var number = 0
            for key in 0..<50 {
                let chosen = balancer.choose(
                    candidates([10, 0, 10]), key: UInt64(key),
                    random: { bound in
                        number += 7
                        return number % bound
                    })
                #expect(chosen == 0 || chosen == 2, "\(balance)")
            }
        }
    }

    @Test func leastConnectionsWeighsWhatIsInWork() {
        var balancer = makeBalancer(.leastConnections, 3)
        let fewest = balancer.choose(candidates([10, 10, 10], active: [3, 1, 2]), key: 0, random: { _ in 0 })
        #expect(fewest == 1)
        // Four for a weight of two are fewer than three for one.
        let lightest = balancer.choose(candidates([10, 20, 10], active: [3, 4, 3]), key: 0, random: { _ in 0 })
        #expect(lightest == 1)
    }

    @Test func idleServersTakeTurnsWhereTheFewestCount() {
        var balancer = makeBalancer(.leastConnections, 3)
        let chosen = (0..<6).compactMap { _ in balancer.choose(candidates([10, 10, 10]), key: 0, random: { _ in 0 }) }
        #expect(Set(chosen.prefix(3)) == [0, 1, 2])
        #expect(Set(chosen.suffix(3)) == [0, 1, 2])
    }

    @Test func theBetterOfTwoIsTaken() {
        var balancer = makeBalancer(.randomTwo, 4)
        var draws = [5, 25]
        let chosen = balancer.choose(candidates([10, 10, 10, 10], active: [9, 0, 1, 0]), key: 0, random: { _ in draws.removeFirst() })
        #expect(chosen == 2)
    }

    @Test func aKeyStaysWithItsServerWhenAnotherGoes() {
        var balancer = makeBalancer(.consistentHash(.path), 5)
        let whole = (0..<1000).map { balancer.choose(candidates([10, 10, 10, 10, 10]), key: HashKey.of("\($0)".utf8), random: { _ in 0 }) }
        let without = (0..<1000).map {
            balancer.choose(candidates([10, 10, 0, 10, 10]), key: HashKey.of("\($0)".utf8), random: { _ in 0 })
        }
        let moved = zip(whole, without).filter { $0 != $1 }
        #expect(moved.allSatisfy { $0.0 == 2 })
        for index in 0..<5 {
            let share = whole.filter { $0 == index }.count
            #expect((140...260).contains(share), "server \(index) has \(share) of 1,000 keys")
        }
    }

    @Test func aKeysServerIsTheSameWhateverItsPlaceInTheList() {
        let names = ["a", "b", "c", "d"]
        func chosen(_ order: [String], _ key: String) -> String? {
            let servers = order.map { UpstreamServer(name: $0, origin: .unix(path: "/run/\($0)")) }
            var balancer = Balancer(.consistentHash(.path), servers)
            return balancer.choose(candidates([10, 10, 10, 10]), key: HashKey.of(key.utf8), random: { _ in 0 }).map { order[$0] }
        }
        for key in 0..<100 { #expect(chosen(names, "\(key)") == chosen(names.reversed(), "\(key)")) }
    }

    @Test func weightsShareKeysInProportion() {
        var balancer = makeBalancer(.consistentHash(.path), 2)
        let chosen = (0..<2000).map { balancer.choose(candidates([30, 10]), key: HashKey.of("\($0)".utf8), random: { _ in 0 }) }
        let first = chosen.filter { $0 == 0 }.count
        #expect((1400...1600).contains(first), "\(first)")
    }
}
