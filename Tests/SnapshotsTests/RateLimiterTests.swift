import Testing

@testable import Snapshots

@Suite struct RateLimiterTests {
    /// Well mixed, as hashes of keys are.
    private static func key(_ number: UInt64) -> UInt64 {
        var mixed = (number &+ 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    @Test func theBurstIsTakenAtOnceAndThenTheRateHolds() {
        let limiter = RateLimiter(requests: 10, period: 1_000_000, burst: 5)
        for left in [4, 3, 2, 1, 0] {
            #expect(limiter.take(7, now: 1_000_000) == .init(isAllowed: true, remaining: left, seconds: 1))
        }
        #expect(limiter.take(7, now: 1_000_000) == .init(isAllowed: false, remaining: 0, seconds: 1))
        #expect(!limiter.take(7, now: 1_099_999).isAllowed)
        #expect(limiter.take(7, now: 1_100_000).isAllowed)
        #expect(!limiter.take(7, now: 1_100_001).isAllowed)
    }

    @Test func overTimeTheRateIsExact() {
        let limiter = RateLimiter(requests: 50, period: 1_000_000, burst: 1)
        var allowed = 0
        for tick in 0..<100_000 as Range<UInt64> where limiter.take(9, now: 5_000_000 + tick * 100).isAllowed { allowed += 1 }
        #expect((500...501).contains(allowed))
    }

    @Test func refusedRequestsCostNothing() {
        let limiter = RateLimiter(requests: 1, period: 1_000_000, burst: 1)
        #expect(limiter.take(3, now: 1).isAllowed)
        for now in 2..<1_000 as Range<UInt64> { #expect(!limiter.take(3, now: now).isAllowed) }
        #expect(limiter.take(3, now: 1_000_001).isAllowed)
    }

    @Test func keysDoNotShareABucket() {
        let limiter = RateLimiter(requests: 1, period: 1_000_000, burst: 1, capacity: 4_096)
        for number in 0..<500 as Range<UInt64> { #expect(limiter.take(Self.key(number), now: 10).isAllowed) }
        let refused = (0..<500 as Range<UInt64>).filter { !limiter.take(Self.key($0), now: 11).isAllowed }.count
        #expect(refused > 490)
    }

    @Test func aFloodOfKeysMakesLimitsLenient() {
        let limiter = RateLimiter(requests: 1, period: 1_000_000, burst: 1, capacity: 64)
        // Of neighbours one in 32,768 has another's tag, and is taken for it.
        let refused = (0..<10_000 as Range<UInt64>).filter { !limiter.take(Self.key($0), now: 10).isAllowed }.count
        #expect(refused < 10)
    }

    @Test func whatRefillsSaysWhen() {
        let limiter = RateLimiter(requests: 1, period: 60_000_000, burst: 2)
        #expect(limiter.take(5, now: 0).remaining == 1)
        #expect(limiter.take(5, now: 0).remaining == 0)
        #expect(limiter.take(5, now: 0) == .init(isAllowed: false, remaining: 0, seconds: 60))
    }
}
