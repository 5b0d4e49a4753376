import Testing

@testable import HTTPEngine

/// RFC 9113 §3.4, §4 and §6: what frames may be, each test named by its section.
@Suite struct HTTP2FramingTests {
    private typealias Trial = HTTP2Trial

    /// The code of the GOAWAY that these bytes bring about on a greeted connection.
    private func failure(_ bytes: [UInt8], opening: Bool = false) -> HTTP2ErrorCode? {
        let trial = HTTP2Trial()
        if opening { trial.request(1, "/late") }
        trial.send(bytes)
        let code = trial.failure()
        #expect(!trial.hasRest)
        if code != nil {
            #expect(trial.transport.hasFinished)
            #expect(trial.connection.streams.isEmpty)
        }
        return code
    }

    // MARK: 3.4 Preface

    @Test func ourSettingsComeFirst_3_4() {
        let trial = HTTP2Trial(isGreeted: false)
        trial.send(HTTP2Trial.preface)
        let frames = trial.frames()
        #expect(frames.first?.kind == .settings)
        #expect(frames.first?.flags == 0)
        #expect(frames.dropFirst().map(\.kind) == [.windowUpdate])
        trial.send(HTTP2Trial.frame(.settings))
        #expect(trial.frames().map(\.flags) == [1])
    }

    @Test func anythingButThePrefaceIsAnError_3_4() {
        for wrong in ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "PRI * HTTP/1.1\r\n"] {
            let trial = HTTP2Trial(isGreeted: false)
            trial.send(Array(wrong.utf8))
            #expect(trial.failure() == .protocolError)
        }
    }

    @Test func theFirstFrameIsSettings_3_4() {
        for frame in [
            HTTP2Trial.frame(.ping, [UInt8](repeating: 0, count: 8)), HTTP2Trial.frame(.settings, flags: 1), HTTP2Trial.request(1, "/"),
        ] {
            let trial = HTTP2Trial(isGreeted: false)
            trial.send(HTTP2Trial.preface + frame)
            #expect(trial.failure() == .protocolError)
        }
    }

    @Test func aPrefaceMayComeByteByByte_3_4() {
        let trial = HTTP2Trial(isGreeted: false)
        for byte in HTTP2Trial.preface + HTTP2Trial.frame(.settings) + HTTP2Trial.request(1, "/hello") { trial.send([byte]) }
        #expect(trial.answer(1).text == "hello")
    }

    // MARK: 4 Frames

    @Test func unknownFramesAndFlagsAreIgnored_4_1() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(type: 0xfb, flags: 0xff, stream: 77, [1, 2, 3]))
        trial.send(HTTP2Trial.frame(.ping, flags: 0xfe, [UInt8](repeating: 7, count: 8)))
        #expect(trial.frames() == [SeenFrame(kind: .ping, flags: 1, stream: 0, payload: [UInt8](repeating: 7, count: 8))])
    }

    @Test func theReservedBitIsIgnored_4_1() {
        let trial = HTTP2Trial()
        var frame = HTTP2Trial.request(1, "/hello")
        frame[5] |= 0x80
        trial.send(frame)
        #expect(trial.answer(1).text == "hello")
    }

    @Test func framesOverTheLargestSizeAreErrors_4_2() {
        let payload = [UInt8](repeating: 0, count: 16_385)
        #expect(failure(HTTP2Trial.frame(type: 0xfb, payload)) == .frameSizeError)
        #expect(failure(HTTP2Trial.frame(.headers, flags: 5, stream: 1, payload)) == .frameSizeError)
        #expect(failure(HTTP2Trial.frame(.data, stream: 1, payload), opening: true) == .frameSizeError)
        // Known from the head alone.
        #expect(failure([0, 0x40, 1, 0, 0, 0, 0, 0, 1]) == .frameSizeError)
    }

    @Test func aBlockThatCannotBeDecodedEndsTheConnection_4_3() {
        #expect(failure(HTTP2Trial.frame(.headers, flags: 5, stream: 1, [0x80])) == .compressionError)
        #expect(failure(HTTP2Trial.frame(.headers, flags: 5, stream: 1, [0x40, 0x05, 0x61])) == .compressionError)
        #expect(failure(HTTP2Trial.frame(.headers, flags: 5, stream: 1, [0x82, 0x3f, 0xff, 0xff, 0xff, 0x7f])) == .compressionError)
    }

    @Test func blocksOfRefusedAndUnknownStreamsCountForTheTable_4_3() {
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        // A malformed request that adds `x-a: 1` to the table.
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 3, bytes("4003782d610131")))
        #expect(trial.resetCode(3) == .protocolError)
        // 62 is there.
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 5, HTTP2Trial.block(HTTP2Trial.pseudo("/hello")) + [0xbe]))
        #expect(trial.answer(5).text == "hello")
    }

    @Test func nothingComesBetweenThePiecesOfABlock_4_3() {
        let block = HTTP2Trial.block(HTTP2Trial.pseudo("/hello"))
        let first = HTTP2Trial.frame(.headers, flags: 1, stream: 1, Array(block[..<5]))
        let last = HTTP2Trial.frame(.continuation, flags: 4, stream: 1, Array(block[5...]))
        for frame in [
            HTTP2Trial.frame(.ping, [UInt8](repeating: 0, count: 8)), HTTP2Trial.frame(type: 0xfb), HTTP2Trial.request(3, "/"),
            HTTP2Trial.frame(.continuation, flags: 4, stream: 3), HTTP2Trial.data(1, []),
            HTTP2Trial.frame(.priority, stream: 1, [0, 0, 0, 0, 0]),
        ] {
            #expect(failure(first + frame + last) == .protocolError)
        }
        let trial = HTTP2Trial()
        trial.send(first + HTTP2Trial.frame(.continuation, stream: 1) + last)
        #expect(trial.answer(1).text == "hello")
    }

    // MARK: 6.1 DATA

    @Test func dataNeedsAStream_6_1() {
        #expect(failure(HTTP2Trial.data(0, [1])) == .protocolError)
        #expect(failure(HTTP2Trial.data(3, [1])) == .protocolError)
    }

    @Test func paddingIsTakenOffAndCountsForTheWindow_6_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/echo", hasBody: true)
        trial.send(HTTP2Trial.frame(.data, flags: 9, stream: 1, [3, 0x61, 0x62, 0, 0, 0]))
        #expect(trial.answer(1).text == "ab")
        #expect(trial.connection.credit == 6)
    }

    @Test func morePaddingThanPayloadIsAnError_6_1() {
        #expect(failure(HTTP2Trial.frame(.data, flags: 8, stream: 1, [3, 0, 0]), opening: true) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.data, flags: 8, stream: 1, []), opening: true) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.data, flags: 8, stream: 1, [1]), opening: true) == .protocolError)
    }

    // MARK: 6.2 HEADERS

    @Test func headersNeedAStream_6_2() { #expect(failure(HTTP2Trial.request(0, "/")) == .protocolError) }

    @Test func headersMayHavePaddingAndPriority_6_2() {
        let trial = HTTP2Trial()
        let block = HTTP2Trial.block(HTTP2Trial.pseudo("/hello"))
        trial.send(HTTP2Trial.frame(.headers, flags: 0x2d, stream: 1, [2, 0x80, 0, 0, 0, 255] + block + [0, 0]))
        #expect(trial.answer(1).text == "hello")
        #expect(failure(HTTP2Trial.frame(.headers, flags: 0x0d, stream: 1, [9, 0, 0])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.headers, flags: 0x25, stream: 1, [0, 0, 0])) == .frameSizeError)
    }

    // MARK: 6.3 PRIORITY

    @Test func priorityIsCheckedAndIgnored_6_3() {
        let frame = [UInt8](repeating: 0, count: 5)
        #expect(failure(HTTP2Trial.frame(.priority, stream: 9, frame)) == nil)
        #expect(failure(HTTP2Trial.frame(.priority, stream: 0, frame)) == .protocolError)
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.frame(.priority, stream: 1, [0]))
        #expect(trial.resetCode(1) == .frameSizeError)
        #expect(trial.handler.waiting.allSatisfy { $0.isAbandoned })
    }

    // MARK: 6.4 RST_STREAM

    @Test func aResetNeedsAStreamThatWasOpen_6_4() {
        #expect(failure(HTTP2Trial.frame(.reset, stream: 0, [0, 0, 0, 8])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.reset, stream: 3, [0, 0, 0, 8])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.reset, stream: 2, [0, 0, 0, 8]), opening: true) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.reset, stream: 1, [0, 0, 8]), opening: true) == .frameSizeError)
        #expect(failure(HTTP2Trial.frame(.reset, stream: 1, [0, 0, 0, 8]), opening: true) == nil)
    }

    // MARK: 6.5 SETTINGS

    @Test func settingsAreForTheConnectionAndInSixes_6_5() {
        #expect(failure(HTTP2Trial.frame(.settings, stream: 1)) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.settings, [0, 0, 0])) == .frameSizeError)
        #expect(failure(HTTP2Trial.frame(.settings, flags: 1, HTTP2Trial.setting(1, 1))) == .frameSizeError)
    }

    @Test(arguments: [
        (UInt16(2), UInt32(2), HTTP2ErrorCode.protocolError), (4, 0x8000_0000, .flowControlError), (5, 16_383, .protocolError),
        (5, 16_777_216, .protocolError), (8, 2, .protocolError), (9, 2, .protocolError),
    ]) func valuesHaveBounds_6_5_2(_ identifier: UInt16, _ value: UInt32, _ code: HTTP2ErrorCode) {
        #expect(failure(HTTP2Trial.frame(.settings, HTTP2Trial.setting(identifier, value))) == code)
    }

    @Test func settingsAreAcknowledgedOnceApplied_6_5_3() {
        let trial = HTTP2Trial()
        // The last value of one identifier counts, and unknown identifiers do not.
        trial.send(
            HTTP2Trial.frame(
                .settings, HTTP2Trial.setting(4, 1) + HTTP2Trial.setting(0xff, 9) + HTTP2Trial.setting(4, 3) + HTTP2Trial.setting(2, 0)))
        #expect(trial.frames() == [SeenFrame(kind: .settings, flags: 1, stream: 0, payload: [])])
        trial.request(1, "/hello")
        #expect(trial.answer(1).text == "hel")
    }

    @Test func aSmallerTableIsAcknowledgedInTheNextBlock_4_3_1() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(1, 100)))
        trial.request(1, "/hello")
        trial.request(3, "/hello")
        let heads = trial.frames().filter { $0.kind == .headers }
        #expect(heads.map(\.payload.first) == [0x20, 0x88])
    }

    // MARK: 6.6 to 6.8

    @Test func clientsDoNotPush_6_6() {
        #expect(failure(HTTP2Trial.frame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2]), opening: true) == .protocolError)
    }

    @Test func pingsAreAnsweredWithTheirBytes_6_7() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.ping, Array(1...8)))
        #expect(trial.frames() == [SeenFrame(kind: .ping, flags: 1, stream: 0, payload: Array(1...8))])
        // An answer is not answered.
        trial.send(HTTP2Trial.frame(.ping, flags: 1, Array(1...8)))
        #expect(trial.frames().isEmpty)
        #expect(failure(HTTP2Trial.frame(.ping, stream: 1, Array(1...8))) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.ping, Array(1...7))) == .frameSizeError)
    }

    @Test func aGoAwayIsForTheConnection_6_8() {
        #expect(failure(HTTP2Trial.frame(.goAway, stream: 1, [UInt8](repeating: 0, count: 8))) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.goAway, [0])) == .frameSizeError)
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.frame(.goAway, [UInt8](repeating: 0, count: 8)))
        trial.handler.answerAll()
        #expect(trial.answer(1).text == "l")
    }

    @Test func ourGoAwayNamesTheLastStream_6_8() {
        let trial = HTTP2Trial()
        trial.request(1, "/hello")
        trial.request(7, "/hello")
        trial.send(HTTP2Trial.data(0, []))
        let last = trial.frames().last
        #expect(last?.number() == 7)
        #expect(last.map { String(decoding: $0.payload[8...], as: UTF8.self) } == "needsStream")
    }

    // MARK: 6.9 WINDOW_UPDATE

    @Test func incrementsAreNotZero_6_9() {
        #expect(failure(HTTP2Trial.window(0, 0)) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.windowUpdate, [0, 0, 1])) == .frameSizeError)
        #expect(failure(HTTP2Trial.window(3, 1)) == .protocolError)
        #expect(failure(HTTP2Trial.window(2, 1), opening: true) == .protocolError)
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.window(1, 0))
        #expect(trial.resetCode(1) == .protocolError)
    }

    @Test func windowsEndAt31Bits_6_9_1() {
        #expect(failure(HTTP2Trial.window(0, 0x7fff_ffff)) == .flowControlError)
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.send(HTTP2Trial.window(1, 0x7fff_ffff))
        #expect(trial.resetCode(1) == .flowControlError)
        // By a setting it is the connection's fault.
        let second = HTTP2Trial()
        second.request(1, "/late")
        second.send(HTTP2Trial.window(1, 1000) + HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0x7fff_ffff)))
        #expect(second.failure() == .flowControlError)
    }

    // MARK: 6.10 CONTINUATION

    @Test func aContinuationContinuesSomething_6_10() {
        #expect(failure(HTTP2Trial.frame(.continuation, flags: 4, stream: 1)) == .protocolError)
        #expect(failure(HTTP2Trial.request(1, "/hello") + HTTP2Trial.frame(.continuation, flags: 4, stream: 1)) == .protocolError)
        #expect(
            failure(HTTP2Trial.frame(.headers, flags: 1, stream: 1) + HTTP2Trial.frame(.continuation, flags: 4, stream: 0))
                == .protocolError)
    }

    // MARK: RFC 9218

    @Test func priorityUpdatesNameAStreamOfTheClient_9218_7_1() {
        #expect(failure(HTTP2Trial.frame(.priorityUpdate, stream: 1, [0, 0, 0, 1])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.priorityUpdate, [0, 0, 0])) == .frameSizeError)
        #expect(failure(HTTP2Trial.frame(.priorityUpdate, [0, 0, 0, 0])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.priorityUpdate, [0, 0, 0, 2])) == .protocolError)
        #expect(failure(HTTP2Trial.frame(.priorityUpdate, [0, 0, 0, 1] + Array("u=1".utf8))) == nil)
    }
}
