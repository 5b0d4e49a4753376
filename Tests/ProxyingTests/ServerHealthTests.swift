import Snapshots
import Testing

@Suite struct ServerHealthTests {
    @Test func threeFailuresInARowTakeAServerOutForAWhile() {
        let health = ServerHealth()
        health.failed(now: 100)
        health.failed(now: 110)
        #expect(health.isUp(now: 120))
        health.failed(now: 120)
        #expect(!health.isUp(now: 121))
        #expect(!health.isUp(now: 5_119))
        #expect(health.isUp(now: 5_120))
    }

    @Test func anAnswerBetweenFailuresCounts() {
        let health = ServerHealth()
        for now in 0..<20 as Range<Int64> {
            health.failed(now: now)
            health.failed(now: now)
            health.succeeded(now: now)
        }
        #expect(health.isUp(now: 20))
    }

    @Test func aServerThatKeepsFailingIsLeftAloneForLonger() {
        let health = ServerHealth()
        for _ in 0..<3 { health.failed(now: 0) }
        #expect(health.returnsAt == 5_000)
        health.failed(now: 5_000)
        #expect(health.returnsAt == 15_000)
        health.failed(now: 15_000)
        #expect(health.returnsAt == 35_000)
        for _ in 0..<10 { health.failed(now: health.returnsAt) }
        #expect(health.returnsAt - 60_000 <= 60_000 * 12)
        health.succeeded(now: 1_000_000)
        #expect(health.isUp(now: 1_000_000))
    }

    @Test func checksTakeAServerAwayAndBringItBack() {
        let health = ServerHealth()
        #expect(!health.checked(isGood: false, healthy: 2, unhealthy: 3, now: 1))
        #expect(!health.checked(isGood: false, healthy: 2, unhealthy: 3, now: 2))
        #expect(health.isUp(now: 2))
        #expect(health.checked(isGood: false, healthy: 2, unhealthy: 3, now: 3))
        #expect(!health.isUp(now: 3))
        #expect(health.isKnownDown)
        #expect(!health.checked(isGood: true, healthy: 2, unhealthy: 3, now: 4))
        #expect(!health.isUp(now: 4))
        #expect(health.checked(isGood: true, healthy: 2, unhealthy: 3, now: 5))
        #expect(health.isUp(now: 5))
    }

    @Test func aServerThatComesBackGetsItsShareSlowly() {
        let health = ServerHealth()
        #expect(health.weight(of: 3, now: 0) == 30)
        for _ in 0..<3 { health.failed(now: 0) }
        health.succeeded(now: 6_000)
        #expect(health.weight(of: 3, now: 6_000) == 3)
        #expect(health.weight(of: 3, now: 11_000) == 15)
        #expect(health.weight(of: 3, now: 16_000) == 30)
    }

    @Test func oneLoopAtATimeAsks() {
        let health = ServerHealth()
        #expect(health.takeTurn(now: 10, every: 2_000))
        #expect(!health.takeTurn(now: 11, every: 2_000))
        #expect(!health.takeTurn(now: 2_009, every: 2_000))
        #expect(health.takeTurn(now: 2_010, every: 2_000))
    }
}
