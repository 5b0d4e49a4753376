import Testing

@testable import HTTPEngine

/// RFC 9113 §5: states, identifiers, concurrency, flow control, errors.
@Suite struct HTTP2StreamTests {
    private static let reset: [UInt8] = [0, 0, 0, 8]

    @Test func anIdleStreamTakesHeadersAndPriorityOnly_5_1() {
        for frame in [HTTP2Trial.data(1, [1]), HTTP2Trial.frame(.reset, stream: 1, Self.reset), HTTP2Trial.window(1, 1)] {
            let trial = HTTP2Trial()
            trial.send(frame)
            #expect(trial.failure() == .protocolError)
        }
    }

    @Test func whatHasEndedTakesNoMoreOfABody_5_1() {
        for frame in [HTTP2Trial.data(1, [1]), HTTP2Trial.request(1, "/")] {
            let trial = HTTP2Trial()
            trial.request(1, "/late")
            trial.send(frame)
            #expect(trial.resetCode(1) == .streamClosed)
        }
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.window(1, 1) + HTTP2Trial.frame(.priority, stream: 1, [0, 0, 0, 0, 0]))
        #expect(trial.frames().isEmpty)
        trial.send(HTTP2Trial.frame(.reset, stream: 1, Self.reset))
        #expect(trial.frames().isEmpty)
        #expect(trial.handler.waiting.allSatisfy { $0.isAbandoned })
    }

    @Test func aClosedStreamIsAnErrorForTheConnection_5_1() {
        for frame in [HTTP2Trial.data(1, [1]), HTTP2Trial.request(1, "/")] {
            let trial = HTTP2Trial()
            trial.request(1, "/hello")
            trial.send(frame)
            #expect(trial.failure() == .streamClosed)
        }
    }

    @Test func aClosedStreamMayStillBeToldOfWindowsAndResets_5_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/hello")
        _ = trial.frames()
        trial.send(HTTP2Trial.window(1, 1) + HTTP2Trial.frame(.reset, stream: 1, Self.reset))
        trial.send(HTTP2Trial.frame(.priority, stream: 1, [0, 0, 0, 0, 0]))
        #expect(trial.frames().isEmpty)
    }

    @Test func afterThePeersResetEverythingIsTooLate_5_1() {
        for frame in [HTTP2Trial.data(1, [1]), HTTP2Trial.request(1, "/")] {
            let trial = HTTP2Trial()
            trial.request(1, "/late", hasBody: true)
            trial.send(HTTP2Trial.frame(.reset, stream: 1, Self.reset) + frame)
            #expect(trial.resetCode(1) == .streamClosed)
        }
    }

    @Test func afterOurResetWhatWasOnItsWayIsPassedOver_5_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/late", hasBody: true)
        trial.send(HTTP2Trial.window(1, 0))
        #expect(trial.frames().last?.kind == .reset)
        trial.send(HTTP2Trial.data(1, [1, 2]) + HTTP2Trial.frame(.headers, flags: 5, stream: 1))
        #expect(trial.frames().isEmpty)
        // And has used the connection's window all the same.
        #expect(trial.connection.credit == 2)
    }

    @Test func streamsOfClientsAreOddAndGrow_5_1_1() {
        let even = HTTP2Trial()
        even.request(2, "/")
        #expect(even.failure() == .protocolError)
        let old = HTTP2Trial()
        old.request(5, "/hello")
        old.request(3, "/hello")
        #expect(old.failure() == .protocolError)
    }

    @Test func moreStreamsThanAllowedAreRefused_5_1_2() {
        var limits = EngineLimits()
        limits.http2.concurrentStreams = 2
        let trial = HTTP2Trial(limits: limits)
        for stream in [UInt32(1), 3, 5] { trial.request(stream, "/late") }
        #expect(trial.resetCode(5) == .refusedStream)
        trial.handler.answerAll()
        trial.request(7, "/hello")
        #expect(trial.answer(7).text == "hello")
    }

    // MARK: 5.2, 6.9 Flow control

    @Test func moreThanTheWindowIsAnError_6_9_1() {
        var limits = EngineLimits()
        limits.http2.streamWindow = 10
        let trial = HTTP2Trial(limits: limits)
        trial.request(1, "/late-body", hasBody: true)
        trial.send(HTTP2Trial.data(1, [UInt8](repeating: 0, count: 11)))
        #expect(trial.resetCode(1) == .flowControlError)
        #expect(trial.handler.brokenBodies == 1)
        limits = EngineLimits()
        limits.http2.connectionWindow = 65_535
        limits.http2.streamWindow = 1 << 20
        let second = HTTP2Trial(limits: limits)
        second.request(1, "/late", hasBody: true)
        second.connection.receiveWindow = 10
        second.send(HTTP2Trial.data(1, [UInt8](repeating: 0, count: 11)))
        #expect(second.failure() == .flowControlError)
    }

    @Test func whatIsReadIsGivenBack_6_9() {
        let trial = HTTP2Trial()
        trial.request(1, "/echo", hasBody: true)
        let piece = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<40 { trial.send(HTTP2Trial.data(1, piece)) }
        let updates = trial.frames()
        #expect(updates.allSatisfy { $0.kind == .windowUpdate })
        let given = updates.filter { $0.stream == 1 }.reduce(0) { $0 + Int($1.number()) }
        #expect(given == 5 * 131_072)
        #expect(updates.contains { $0.stream == 0 })
        trial.send(HTTP2Trial.data(1, [], ends: true))
        #expect(trial.connection.answering == 1)
    }

    @Test func aReaderThatHoldsBackStopsItsClientOnly() {
        let trial = HTTP2Trial()
        trial.request(1, "/late-body", hasBody: true)
        guard let exchange = trial.connection.find(1)?.exchange else { Issue.record("no stream"); return }
        exchange.holdBody()
        let piece = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<16 { trial.send(HTTP2Trial.data(1, piece)) }
        #expect(trial.frames().isEmpty)
        exchange.resumeBody()
        #expect(trial.frames().contains { $0.kind == .windowUpdate && $0.stream == 1 && $0.number() == 262_144 })
    }

    /// The answer comes while the reader holds the rest back: only its client can end the stream, and must be let.
    @Test func whoIsAnsweredWhileItsBodyIsHeldBackCanSayItsEnd_8_1() {
        let trial = HTTP2Trial()
        let piece = [UInt8](repeating: 1, count: 16_384)
        for (stream, ends) in [(UInt32(1), true), (3, false)] {
            trial.request(stream, "/late-body", hasBody: true)
            guard let exchange = trial.connection.find(stream)?.exchange else { Issue.record("no stream"); return }
            exchange.holdBody()
            for _ in 0..<16 { trial.send(HTTP2Trial.data(stream, piece)) }
            #expect(!trial.frames().contains { $0.stream == stream })
            exchange.respond(Response(status: 200))
            let frames = trial.frames()
            #expect(trial.answer(stream, in: frames).status == "200")
            #expect(frames.contains { $0.kind == .windowUpdate && $0.stream == stream && $0.number() == 262_144 })
            if ends {
                trial.send(HTTP2Trial.data(stream, [1], ends: true))
                #expect(trial.connection.streams.isEmpty)
            } else {
                for _ in 0..<9 { trial.send(HTTP2Trial.data(stream, piece)) }
                #expect(trial.resetCode(stream) == .noError)
            }
        }
    }

    @Test func aBodyThatNobodyReadsStopsAtItsWindow() {
        let trial = HTTP2Trial()
        trial.request(1, "/late", hasBody: true)
        let piece = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<16 { trial.send(HTTP2Trial.data(1, piece)) }
        #expect(!trial.frames().contains { $0.stream == 1 })
        trial.send(HTTP2Trial.data(1, [1]))
        #expect(trial.resetCode(1) == .flowControlError)
    }

    @Test func theInitialWindowMayShrinkBelowZero_6_9_2() {
        let trial = HTTP2Trial()
        trial.request(1, "/block")
        #expect(trial.answer(1).body.count == 65_535)
        trial.send(HTTP2Trial.window(0, 1_000_000) + HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0)))
        #expect(trial.connection.find(1)?.sendWindow == -65_535)
        trial.send(HTTP2Trial.window(1, 65_535))
        #expect(!trial.frames().contains { $0.kind == .data })
        trial.send(HTTP2Trial.window(1, 1))
        #expect(trial.answer(1).isWhole)
    }

    @Test func anEmptyWindowHoldsBackBodiesAndNotHeads() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0)))
        trial.request(1, "/hello")
        trial.request(3, "/nothing")
        let frames = trial.frames()
        #expect(trial.answer(1, in: frames).status == "200")
        #expect(trial.answer(1, in: frames).body.isEmpty)
        #expect(trial.answer(3, in: frames).status == "204")
        trial.send(HTTP2Trial.window(1, 3))
        #expect(trial.answer(1).text == "hel")
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 100)))
        #expect(trial.answer(1).text == "lo")
    }

    // MARK: 5.4 Errors

    @Test func afterAnErrorNothingIsServed_5_4_1() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.data(0, []) + HTTP2Trial.request(1, "/hello"))
        #expect(trial.frames().map(\.kind) == [.goAway])
        trial.request(3, "/hello")
        #expect(trial.frames().isEmpty)
        #expect(trial.transport.hasFinished)
    }

    @Test func aResetIsNotAnsweredWithAReset_5_4_2() {
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.frame(.reset, stream: 1, Self.reset) + HTTP2Trial.frame(.reset, stream: 1, Self.reset))
        #expect(trial.frames().isEmpty)
    }

    @Test func whatIsAnsweredAfterAResetGoesNowhere() {
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.request(3, "/late-prepared")
        trial.send(HTTP2Trial.frame(.reset, stream: 1, Self.reset) + HTTP2Trial.frame(.reset, stream: 3, Self.reset))
        trial.handler.answerAll()
        #expect(trial.frames().isEmpty)
        trial.request(5, "/hello")
        #expect(trial.answer(5).text == "hello")
        #expect(trial.handler.leftovers == 0)
    }

    @Test func whatIsAnsweredAfterTheConnectionGoesNowhere() {
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.request(3, "/late-body", hasBody: true)
        trial.transport.close()
        #expect(trial.handler.brokenBodies == 1)
        trial.handler.answerAll()
        #expect(trial.frames().isEmpty)
    }
}
