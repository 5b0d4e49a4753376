import Testing

@testable import Worker

@Suite struct CountdownTests {
    @Test func itEndsWithTheLastOfThem() async {
        let countdown = Countdown(2)
        let called = SharedCount()
        countdown.whenZero { called.add(1) }
        countdown.one()
        #expect(called.value == 0)
        countdown.one()
        await countdown.value()
        countdown.one()
        countdown.giveUp()
        #expect(called.value == 1)
        countdown.whenZero { called.add(1) }
        #expect(called.value == 2)
    }

    @Test func whoIsForgottenIsNotCalled() async {
        let countdown = Countdown(3)
        let called = SharedCount()
        countdown.forget(countdown.whenZero { called.add(1) })
        countdown.giveUp()
        await countdown.value()
        #expect(called.value == 0)
    }
}
