import Testing

@testable import Proxying

@Suite struct RetryBudgetTests {
    @Test func aFifthOfTheRequestsMayBeAskedAgain() {
        var budget = RetryBudget(now: 0)
        while budget.take(now: 0) {}
        var retries = 0
        for _ in 0..<1000 {
            budget.requestBegins()
            if budget.take(now: 0) { retries += 1 }
        }
        #expect((199...200).contains(retries))
    }

    @Test func aQuietSiteMayRetryAFewAtOnce() {
        var budget = RetryBudget(now: 0)
        var retries = 0
        while budget.take(now: 0) { retries += 1 }
        #expect(retries == 10)
        let tooEarly = budget.take(now: 999)
        let inTime = budget.take(now: 1001)
        #expect(!tooEarly && inTime)
    }
}
