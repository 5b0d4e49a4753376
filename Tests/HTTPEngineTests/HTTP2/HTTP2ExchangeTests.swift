import Testing

@testable import HTTPEngine

/// Requests and their answers over one connection.
@Suite struct HTTP2ExchangeTests {
    @Test func aRequestIsAnswered() {
        let trial = HTTP2Trial()
        trial.request(1, "/hello")
        let answer = trial.answer(1)
        #expect(answer.status == "200")
        #expect(answer.text == "hello")
        #expect(answer.isWhole)
        #expect(answer.value("content-length") == "5")
        #expect(answer.value("date") == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func requestsOfOneSegmentAreAnsweredInOneSend() {
        let trial = HTTP2Trial()
        let before = trial.transport.sends
        trial.send((0..<16).flatMap { HTTP2Trial.request(UInt32($0) * 2 + 1, "/hello") })
        #expect(trial.transport.sends == before + 1)
        let frames = trial.frames()
        for stream in stride(from: UInt32(1), to: 33, by: 2) { #expect(trial.answer(stream, in: frames).text == "hello") }
    }

    @Test func anAnswerMayComeLater() {
        let trial = HTTP2Trial()
        trial.request(1, "/late")
        trial.request(3, "/late-prepared")
        trial.request(5, "/a")
        #expect(trial.answer(5).text == "/a")
        trial.handler.answerAll()
        let frames = trial.frames()
        #expect(trial.answer(1, in: frames).text == "l")
        #expect(trial.answer(3, in: frames).text == "hello")
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func aHeadHasNoBody() {
        let trial = HTTP2Trial()
        trial.request(1, "/hello", method: "HEAD")
        trial.request(3, "/a", method: "HEAD")
        let frames = trial.frames()
        for (stream, length) in [(UInt32(1), "5"), (3, "2")] {
            let answer = trial.answer(stream, in: frames)
            #expect(answer.isWhole && answer.body.isEmpty)
            #expect(answer.value("content-length") == length)
        }
    }

    @Test func aBodyIsRead() {
        let trial = HTTP2Trial()
        trial.request(1, "/echo", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(1, [1, 2]))
        trial.send(HTTP2Trial.data(1, [3], ends: true))
        #expect(trial.answer(1).body == [1, 2, 3])
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func largeBodiesAreSentAsTheWindowsOpen() {
        let trial = HTTP2Trial()
        trial.request(1, "/block")
        var frames = trial.frames()
        #expect(trial.answer(1, in: frames).body.count == 65_535)
        trial.send(HTTP2Trial.window(1, 10_000))
        #expect(trial.frames().isEmpty)
        trial.send(HTTP2Trial.window(0, 10_000))
        frames = trial.frames()
        #expect(frames.map(\.payload.count) == [1])
        #expect(frames[0].endsStream)
    }
}
