import Model
import Testing

@testable import Rollouts

@Suite struct AbortWatchTests {
    private let rule = AbortRule(errorRatio: percent(1), missingAssets: 5)
    private var watch = AbortWatch()

    private func sample(
        _ name: String, _ requests: Int, errors: Int = 0, missing: Int = 0, clients: Range<UInt64> = 0..<0
    ) -> ReleaseSample {
        ReleaseSample(
            release: release(name), requests: requests, serverErrors: errors, missingAssets: missing, missingClients: sketch(clients))
    }

    private mutating func verdict(_ samples: ReleaseSample..., seconds: Int64 = 0) -> String? {
        watch.record(samples, now: at(seconds))
        return watch.verdict(on: release("new"), beside: release("old"), rule: rule, now: at(seconds))
    }

    @Test mutating func moreErrorsThanTheOldReleaseAbort() {
        #expect(verdict(sample("old", 1000), sample("new", 200, errors: 2)) == nil)
        #expect(verdict(sample("new", 0, errors: 1)) == "3 of 200 answers were server errors, against 0 of 1000 of the old release")
    }

    @Test mutating func aBadDayForBothAbortsNothing() {
        #expect(verdict(sample("old", 1000, errors: 300), sample("new", 200, errors: 60)) == nil)
        #expect(verdict(sample("new", 0, errors: 3)) != nil)
    }

    @Test mutating func fewRequestsProveNothing() {
        #expect(verdict(sample("old", 1000), sample("new", 199, errors: 199)) == nil)
        #expect(verdict(sample("new", 1)) != nil)
    }

    @Test mutating func withoutMeasureThereIsNoVerdict() {
        #expect(verdict(sample("old", 199), sample("new", 1000, errors: 1000)) == nil)
    }

    @Test mutating func samplesLeaveTheWindow() {
        #expect(verdict(sample("old", 1000), sample("new", 150, errors: 100)) == nil)
        #expect(verdict(sample("old", 1000), sample("new", 150), seconds: 61) == nil)
    }

    @Test mutating func theOldReleasesLastGoodWindowIsTheMeasureAtTheWhole() {
        #expect(verdict(sample("old", 1000, errors: 100), sample("new", 50)) == nil)
        #expect(verdict(sample("old", 3), sample("new", 1000, errors: 100), seconds: 300) == nil)
        #expect(verdict(sample("new", 0, errors: 20), seconds: 301) != nil)
    }

    @Test mutating func oneClientCannotForceARollback() {
        #expect(verdict(sample("old", 1000), sample("new", 1000, missing: 500, clients: 0..<2)) == nil)
        #expect(verdict(sample("new", 0, missing: 1, clients: 2..<3)) != nil)
    }

    @Test mutating func assetsThatTheOldReleaseMissesAsWellAbortNothing() {
        let old = sample("old", 1000, missing: 50, clients: 0..<20)
        #expect(verdict(old, sample("new", 1000, missing: 54, clients: 0..<20)) == nil)
        #expect(verdict(sample("new", 0, missing: 1)) != nil)
    }

    @Test mutating func whatTheRuleDoesNotNameIsNotLookedAt() {
        watch.record([sample("old", 1000), sample("new", 1000, errors: 900, missing: 900, clients: 0..<50)], now: at(0))
        #expect(watch.verdict(on: release("new"), beside: release("old"), rule: AbortRule(), now: at(0)) == nil)
    }
}
