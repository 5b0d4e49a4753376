import Supervision
import Testing

@Suite struct StopMachineTests {
    private func actions(_ wishes: StopMachine.Wish...) -> [StopMachine.Action] {
        var machine = StopMachine(usual: .seconds(30), patient: .seconds(600))
        return wishes.map { machine.take($0) }
    }

    @Test func aSecondTermStopsNow() {
        #expect(actions(.terminate, .terminate, .terminate) == [.stop(within: .seconds(30)), .stopNow, .nothing])
    }

    @Test func quitIsPatientUntilTermIsNot() {
        #expect(
            actions(.quit, .quit, .terminate, .terminate)
                == [.stop(within: .seconds(600)), .nothing, .stop(within: .seconds(30)), .stopNow])
    }

    @Test func quitAfterTermGivesNoMoreTime() { #expect(actions(.terminate, .quit) == [.stop(within: .seconds(30)), .nothing]) }

    @Test func interruptStopsNowFromEverywhere() {
        #expect(actions(.interrupt, .interrupt) == [.stopNow, .nothing])
        #expect(actions(.terminate, .interrupt).last == .stopNow)
        #expect(actions(.quit, .interrupt).last == .stopNow)
    }

    @Test func twoWhoAskToStopWaitForTheSameEnd() {
        #expect(actions(.stop, .stop, .terminate) == [.stop(within: .seconds(30)), .nothing, .stopNow])
    }
}
