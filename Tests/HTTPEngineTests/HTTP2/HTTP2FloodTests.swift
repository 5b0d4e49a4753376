import Testing

@testable import HTTPEngine

/// RFC 9113 §10.5: work that a peer makes us do and that brings it nothing. Each flood ends its connection, and the same
/// frames at the pace of a real client do not.
@Suite struct HTTP2FloodTests {
    /// Sends a frame often in one second.
    /// - Returns: how many it took until the connection ended, and with what.
    private func flood(_ limits: EngineLimits = EngineLimits(), _ frame: (UInt32) -> [UInt8]) -> (count: Int, code: HTTP2ErrorCode?) {
        let trial = HTTP2Trial(limits: limits)
        for count in 1...5_000 {
            trial.send(frame(UInt32(count) * 2 - 1))
            if trial.transport.hasFinished { return (count, trial.failure()) }
        }
        return (5_000, nil)
    }

    private static let reset: [UInt8] = [0, 0, 0, 8]
    private static let ping = HTTP2Trial.frame(.ping, Array(1...8))

    @Test func rapidReset() {
        let (count, code) = flood { HTTP2Trial.request($0, "/late") + HTTP2Trial.frame(.reset, stream: $0, Self.reset) }
        #expect(count == 257)
        #expect(code == .enhanceYourCalm)
    }

    /// CVE-2025-8671: the peer's faults make us reset.
    @Test func resetsThatThePeerProvokes() {
        let (count, code) = flood { HTTP2Trial.request($0, "/late") + HTTP2Trial.window($0, 0) }
        #expect(count == 257)
        #expect(code == .enhanceYourCalm)
    }

    @Test func malformedRequests() { #expect(flood { HTTP2Trial.request($0, "no-path") }.code == .enhanceYourCalm) }

    @Test func continuations() {
        let (count, code) = flood { stream in
            stream == 1 ? HTTP2Trial.frame(.headers, flags: 1, stream: 1) : HTTP2Trial.frame(.continuation, stream: 1)
        }
        #expect(count == 34)
        #expect(code == .enhanceYourCalm)
    }

    @Test func largeBlocks() {
        let piece = [UInt8](repeating: 0x82, count: 16_384)
        let (count, code) = flood { stream in HTTP2Trial.frame(stream == 1 ? .headers : .continuation, stream: 1, piece) }
        #expect(count == 5)
        #expect(code == .enhanceYourCalm)
    }

    @Test func settings() { #expect(flood { _ in HTTP2Trial.frame(.settings) }.code == .enhanceYourCalm) }
    @Test func pings() { #expect(flood { _ in Self.ping }.count == 257) }
    @Test func priorities() { #expect(flood { HTTP2Trial.frame(.priority, stream: $0, [0, 0, 0, 0, 0]) }.count == 1_025) }
    @Test func unknownFrames() { #expect(flood { _ in HTTP2Trial.frame(type: 99) }.code == .enhanceYourCalm) }
    @Test func windowUpdates() { #expect(flood { _ in HTTP2Trial.window(0, 1) }.count == 1_025) }

    @Test func priorityUpdates() {
        let (count, code) = flood { HTTP2Trial.frame(.priorityUpdate, HTTP2Trial.number($0)) }
        #expect(count == 1_025)
        #expect(code == .enhanceYourCalm)
    }

    @Test func emptyFrames() {
        let (count, code) = flood { stream in
            (stream == 1 ? HTTP2Trial.request(1, "/echo", hasBody: true) : []) + HTTP2Trial.data(1, [])
        }
        #expect(count == 129)
        #expect(code == .enhanceYourCalm)
    }

    @Test func thePaceOfARealClientIsNone() {
        let trial = HTTP2Trial()
        var stream: UInt32 = 1
        for _ in 0..<120 {
            for _ in 0..<20 {
                trial.send(HTTP2Trial.request(stream, "/late") + HTTP2Trial.frame(.reset, stream: stream, Self.reset))
                trial.send(Self.ping + HTTP2Trial.window(0, 1) + HTTP2Trial.frame(type: 99))
                stream += 2
            }
            trial.send(HTTP2Trial.frame(.settings))
            trial.pass(seconds: 1)
        }
        #expect(trial.failure() == nil)
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func ourAnswersToAPeerThatDoesNotReadAreBounded() {
        var limits = EngineLimits()
        limits.http2.pings = HTTP2Limits.Rate(burst: 1_000_000, perSecond: 1)
        let trial = HTTP2Trial(limits: limits)
        trial.transport.room = 0
        var sent = 0
        while trial.transport.isReading, sent < 100_000 {
            trial.send(Self.ping)
            sent += 1
        }
        #expect(!trial.transport.isReading)
        #expect(trial.connection.output.waitingCount < 256 * 1024)
        trial.drainTransport()
        #expect(trial.transport.isReading)
        #expect(trial.frames().count >= sent - 1)
    }

    @Test func aSlowReaderCostsOneBatch() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 1 << 30)) + HTTP2Trial.window(0, 1 << 30))
        trial.transport.room = 0
        trial.send((0..<100).flatMap { HTTP2Trial.request(UInt32($0) * 2 + 1, "/block") })
        #expect(trial.connection.output.waitingCount <= HTTP2Workspace.batchCount)
        #expect(trial.connection.streams.count > 90)
        trial.drainTransport(100_000)
        #expect(trial.connection.output.waitingCount <= HTTP2Workspace.batchCount)
        trial.drainTransport()
        let frames = trial.frames()
        for stream in stride(from: UInt32(1), to: 200, by: 2) { #expect(trial.answer(stream, in: frames).body.count == 65_536) }
        #expect(trial.connection.streams.isEmpty)
        #expect(trial.connection.answering == 0)
    }
}

/// Time limits, the drain, and whose answer goes first.
@Suite struct HTTP2LifeTests {
    @Test func idleConnectionsAreSentAway() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.request(1, "/hello")
        trial.pass(seconds: 70)
        #expect(!trial.transport.hasFinished)
        trial.pass(seconds: 8)
        #expect(trial.failure() == .noError)
        #expect(trial.transport.hasFinished)
        trial.pass(seconds: 5)
        #expect(trial.transport.isClosed)
    }

    @Test func aPrefaceOrABlockInPiecesHasTheTimeOfAHead() {
        for begin in [[], Array(HTTP2Trial.preface[..<10])] {
            let trial = HTTP2Trial(isGreeted: false)
            trial.loop.schedule(trial.connection)
            trial.send(begin)
            trial.pass(seconds: 13)
            #expect(trial.transport.hasFinished)
        }
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.send(HTTP2Trial.frame(.headers, flags: 1, stream: 1))
        for _ in 0..<6 {
            trial.pass(seconds: 2)
            trial.send(HTTP2Trial.frame(.continuation, stream: 1, [0x82]))
        }
        #expect(trial.transport.hasFinished)
    }

    /// CVE-2019-9517 and its kin: windows that stay shut, or open by a byte now and then.
    @Test(arguments: [0, 1]) func anAnswerThatMayNotBeSentIsDropped(_ trickle: Int) {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0)))
        trial.request(1, "/block")
        for _ in 0..<50 {
            if trickle > 0 { trial.send(HTTP2Trial.window(1, 1)) }
            trial.pass(seconds: 1)
        }
        #expect(trial.resetCode(1) == .cancel)
        #expect(!trial.transport.isClosed)
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func anAnswerThatMovesIsNot() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0)))
        trial.request(1, "/block")
        for _ in 0..<64 {
            trial.send(HTTP2Trial.window(1, 1024) + HTTP2Trial.window(0, 1024))
            trial.pass(seconds: 1)
        }
        #expect(trial.answer(1).isWhole)
    }

    @Test func aBodyThatDoesNotComeIsGivenUp() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.request(1, "/echo", hasBody: true)
        trial.pass(seconds: 45)
        #expect(trial.answer(1).status == "408")
        #expect(trial.connection.streams.isEmpty)
        #expect(trial.handler.brokenBodies == 1)
    }

    @Test func aTransportThatTakesNothingIsClosed() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.transport.room = 0
        trial.request(1, "/hello")
        trial.pass(seconds: 25)
        #expect(trial.transport.isClosed)
    }

    @Test func aRequestThatIsThoughtAboutHasAllTheTime() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.request(1, "/late")
        trial.pass(seconds: 300)
        trial.handler.answerAll()
        #expect(trial.answer(1).text == "l")
    }

    // MARK: Drain

    @Test func theDrainHasTwoSteps_6_8() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.request(1, "/late")
        trial.connection.drain()
        trial.connection.drain()
        var frames = trial.frames()
        #expect(frames.map(\.kind) == [.goAway, .ping])
        #expect(frames.first?.number() == 0x7fff_ffff)
        guard let ping = frames.last else { return }
        // On its way already: served.
        trial.request(3, "/hello")
        #expect(trial.answer(3).text == "hello")
        trial.send(HTTP2Trial.frame(.ping, flags: 1, ping.payload))
        frames = trial.frames()
        #expect(frames.map(\.kind) == [.goAway])
        #expect(frames.first?.number() == 3)
        trial.request(5, "/hello", hasBody: true)
        trial.send(HTTP2Trial.data(5, [1]))
        #expect(trial.frames().isEmpty)
        #expect(!trial.transport.hasFinished)
        trial.handler.answerAll()
        #expect(trial.answer(1).text == "l")
        #expect(trial.transport.hasFinished)
    }

    @Test func whoDoesNotAnswerThePingIsNotWaitedFor() {
        let trial = HTTP2Trial()
        trial.loop.schedule(trial.connection)
        trial.connection.drain()
        trial.pass(seconds: 3)
        #expect(trial.frames().map(\.kind) == [.goAway, .ping, .goAway])
        #expect(trial.transport.hasFinished)
    }

    @Test func whoComesDuringTheDrainIsServed() {
        let trial = HTTP2Trial(isGreeted: false)
        trial.loop.isDraining = true
        trial.connection.drain()
        #expect(trial.frames().isEmpty)
        trial.send(HTTP2Trial.preface + HTTP2Trial.frame(.settings) + HTTP2Trial.request(1, "/hello"))
        let frames = trial.frames()
        #expect(frames.first?.kind == .settings)
        #expect(frames.contains { $0.kind == .goAway })
        #expect(trial.answer(1, in: frames).text == "hello")
    }

    // MARK: RFC 9218

    /// In which order the DATA of large answers comes when all wait.
    private func order(_ requests: [(UInt32, String?)], _ update: [UInt8] = []) -> [UInt32] {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0)))
        for (stream, priority) in requests { trial.request(stream, "/block", priority.map { [("priority", $0)] } ?? []) }
        trial.send(update)
        _ = trial.frames()
        trial.send(HTTP2Trial.window(0, 1 << 24) + HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 1 << 20)))
        return trial.frames().filter { $0.kind == .data }.map(\.stream)
    }

    @Test func urgentAnswersGoFirst() {
        #expect(order([(1, "u=5"), (3, nil), (5, "u=0")]) == [5, 5, 5, 5, 3, 3, 3, 3, 1, 1, 1, 1])
        #expect(order([(1, nil), (3, nil)]) == [1, 1, 1, 1, 3, 3, 3, 3])
    }

    @Test func incrementalAnswersTakeTurns() {
        #expect(order([(1, "i"), (3, "i")]) == [1, 3, 1, 3, 1, 3, 1, 3])
    }

    @Test func anUpdateChangesTheOrder() {
        let update = HTTP2Trial.frame(.priorityUpdate, HTTP2Trial.number(3) + Array("u=1".utf8))
        #expect(order([(1, nil), (3, nil)], update) == [3, 3, 3, 3, 1, 1, 1, 1])
    }

    @Test func anUpdateMayComeBeforeItsStream() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.priorityUpdate, HTTP2Trial.number(3) + Array("u=1, i".utf8)))
        trial.request(3, "/late")
        #expect(trial.connection.find(3)?.priority.urgency == 1)
        #expect(trial.connection.find(3)?.priority.isIncremental == true)
    }

    @Test(
        arguments: [
            ("", 3, false), ("u=0", 0, false), ("u=7, i", 7, true), ("i=?1,u=2", 2, true), ("u=8", 3, false), ("u=-1", 3, false),
            ("i=?0", 3, false), ("u=1;x=2, i;y", 1, true), ("x=1", 3, false), ("u=1, u=2", 2, false), ("u=1x", 3, false),
        ] as [(String, UInt8, Bool)]) func prioritiesAreRead(_ text: String, _ urgency: UInt8, _ isIncremental: Bool)
    {
        let value = OwnedBytes(Array(text.utf8))
        let priority = HTTP2Priority(UnsafeBufferPointer(start: value.base, count: value.count))
        #expect(priority.urgency == urgency)
        #expect(priority.isIncremental == isIncremental)
    }
}
