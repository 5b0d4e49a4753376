import Testing

@testable import HTTPEngine

@Suite struct ConclusionTests {
    @Test func aDrainLetsThemGoInTheLastQuarterOfItsLimit() {
        let conclusion = Conclusion(limit: .seconds(300), now: 1_000)
        #expect(conclusion.first == 226_000 && conclusion.last == 301_000 && conclusion.over == 309_000)
    }

    @Test func aStopLetsThemGoOverItsWholeTimeAndLeavesTimeToClose() {
        let stop = Conclusion(within: .seconds(30), now: 1_000)
        #expect(stop.first == 1_000 && stop.last == 23_000 && stop.over == 31_000)
        let hurry = Conclusion(within: .seconds(1), now: 1_000)
        #expect(hurry.first == 1_000 && hurry.last == 1_000 && hurry.over == 2_000)
        #expect(hurry.isHurried(1_000) && !stop.isHurried(23_000) && stop.isHurried(26_000))
    }

    /// However many there are: no two moments are the same, and each tenth of the time has its tenth of them.
    @Test(arguments: [0, 1, 7] as [UInt64]) func theyAreSpreadEvenly(_ seed: UInt64) {
        let conclusion = Conclusion(limit: .seconds(400), now: 0)
        for count in [10, 100, 1_000] as [UInt64] {
            let moments = (1...count).map { conclusion.moment(of: $0, seed: seed) }
            #expect(moments.allSatisfy { (300_000...400_000).contains($0) })
            var tenths = [Int](repeating: 0, count: 10)
            for moment in moments { tenths[min(Int(moment - 300_000) / 10_000, 9)] += 1 }
            #expect(tenths.allSatisfy { abs($0 - Int(count) / 10) <= 2 }, "\(tenths)")
            #expect(Set(moments).count == Int(count))
        }
    }

    @Test func loopsDifferAndNothingElseDoes() {
        let conclusion = Conclusion(limit: .seconds(400), now: 0)
        #expect(conclusion.moment(of: 1, seed: 1) != conclusion.moment(of: 1, seed: 2))
        #expect(conclusion.moment(of: 5, seed: 3) == Conclusion(limit: .seconds(400), now: 0).moment(of: 5, seed: 3))
    }
}
