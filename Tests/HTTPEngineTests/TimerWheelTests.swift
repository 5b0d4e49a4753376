import Testing

@testable import HTTPEngine

@Suite struct TimerWheelTests {
    private final class NoTransport: ByteTransport {
        var descriptor: Int32 { -1 }
        func setReading(_ on: Bool) {}
        func setWriting(_ on: Bool) {}
        func finishWriting() {}
        func close() {}
    }

    private let transport = NoTransport()

    /// A connection whose deadline is in so many seconds, and the second it is now.
    private func connection(dueIn seconds: Int) -> (HTTP1Connection, Int64) {
        var limits = EngineLimits()
        limits.idleSeconds = seconds
        let loop = LoopContext(limits: limits)
        return (HTTP1Connection(loop: loop, transport: transport, peer: .local), loop.seconds)
    }

    @Test(arguments: [1, 3, 127, 128, 129, 300]) func aConnectionExpiresAfterItsSecondAndNotBefore(_ seconds: Int) {
        let (connection, now) = connection(dueIn: seconds)
        var wheel = TimerWheel(now: now)
        wheel.insert(connection, deadline: connection.deadline)
        for second in 1...Int64(seconds) + 1 {
            let expired = wheel.advance(to: now + second)
            #expect(expired.count == (second > Int64(seconds) ? 1 : 0), "second \(second)")
        }
        // Until its deadline moves or it is gone it is due every second.
        #expect(wheel.advance(to: now + Int64(seconds) + 2).count == 1)
    }

    @Test func aJumpOverManySecondsMissesNobody() {
        let (connection, now) = connection(dueIn: 5)
        var wheel = TimerWheel(now: now)
        wheel.insert(connection, deadline: connection.deadline)
        #expect(!wheel.advance(to: now + 1_000).isEmpty)
    }

    /// What it does about it comes behind: twice in a row a healthy upload would be taken for one that has come to a stand.
    @Test func aJumpOverSomeSecondsFindsEachOnce() {
        let (connection, now) = connection(dueIn: 5)
        var wheel = TimerWheel(now: now)
        wheel.insert(connection, deadline: connection.deadline)
        #expect(wheel.advance(to: now + 20).count == 1)
        #expect(wheel.advance(to: now + 21).count == 1)
    }

    @Test func whoIsInsertedOftenExpiresOnceASecond() {
        let (connection, now) = connection(dueIn: 3)
        var wheel = TimerWheel(now: now)
        for deadline in [90, 75, 20, 75, 3, 20, 3, 3] { wheel.insert(connection, deadline: now + Int64(deadline)) }
        #expect(wheel.advance(to: now + 3).isEmpty)
        for second in 4..<100 { #expect(wheel.advance(to: now + Int64(second)).count == 1, "second \(second)") }
    }

    @Test func aDeadlineThatMovedOnIsLookedAtAgain() {
        let (connection, now) = connection(dueIn: 4)
        var wheel = TimerWheel(now: now)
        wheel.insert(connection, deadline: now + 1)
        #expect(wheel.advance(to: now + 4).isEmpty)
        #expect(wheel.advance(to: now + 5).count == 1)
    }

    @Test func whoIsGoneIsForgotten() {
        var wheel: TimerWheel
        do {
            let (connection, now) = connection(dueIn: 1)
            wheel = TimerWheel(now: now)
            wheel.insert(connection, deadline: now + 1)
            #expect(connection.wheelSecond == now + 2)
        }
        let later = LoopContext(limits: EngineLimits()).seconds + 5
        #expect(wheel.advance(to: later).isEmpty)
    }
}
