import TestSeeds
import Testing

@testable import HTTPEngine

/// A client's side of HTTP/2 as a value.
@Suite struct HTTP2ClientMachineTests {
    private typealias Frames = ClientFrames

    private static func lines(_ block: [UInt8]) -> String {
        var decoder = HPACKDecoder()
        var (text, line) = ("", [UInt8](repeating: 0, count: 64 * 1024))
        block.withUnsafeBufferPointer { bytes in
            var reader = HPACKReader(bytes.baseAddress!, count: bytes.count)
            try? decoder.begin(&reader)
            while !reader.isAtEnd {
                guard let entry = try? line.withUnsafeMutableBufferPointer({ try decoder.next(&reader, into: $0.baseAddress!) })
                else { return }
                text += String(decoding: line[..<entry.lineCount], as: UTF8.self)
            }
        }
        return text
    }

    // MARK: Beginning

    @Test func itBeginsWithItsPrefaceAndForbidsPush() {
        let machine = HTTP2ClientMachine(limits: EngineLimits(), isSecure: true, now: 0)
        let bytes = Array(UnsafeBufferPointer(start: machine.output.base, count: machine.output.count))
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        #expect(bytes.starts(with: preface.utf8))
        #expect(bytes[24..<33].elementsEqual([0, 0, 18, 4, 0, 0, 0, 0, 0]))
        #expect(bytes[33..<39].elementsEqual([0, 2, 0, 0, 0, 0]))
    }

    @Test func aRequestIsABlockWithoutWhatIsOfAConnection() throws {
        let trial = Frames()
        #expect(
            trial.open(
                "DELETE /a?b HTTP/1.1\r\nHost: a.example:81\r\nX-Mixed: Value\r\nConnection: TE\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n"
                    + "Keep-Alive: x\r\nCookie: a=b\r\n\r\n", hasBody: true) == 1)
        let (frame, payload) = try #require(trial.frames().first)
        #expect(frame.kind == .headers && frame.flags == HTTP2Frame.Flag.endHeaders && frame.stream == 1)
        #expect(
            Self.lines(payload)
                == ":method: DELETE\r\n:scheme: https\r\n:path: /a?b\r\n:authority: a.example:81\r\nx-mixed: Value\r\nte: trailers\r\ncookie: a=b\r\n"
        )
    }

    @Test func aLongHeadGoesInPieces() {
        let trial = Frames()
        trial.open("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "~", count: 20_000))\r\n\r\n")
        let frames = trial.frames().map(\.frame)
        #expect(frames.map(\.kind) == [.headers, .continuation])
        #expect(frames.map(\.flags) == [HTTP2Frame.Flag.endStream, HTTP2Frame.Flag.endHeaders])
    }

    // MARK: Answers

    @Test func anAnswerComesAsTheHeadOfHTTP1() {
        let trial = Frames()
        let id = trial.open()
        #expect(trial.receive(Frames.answer(id, [("content-length", "3"), ("x", "y")])) == ["head 1 200"])
        #expect(String(decoding: trial.headText, as: UTF8.self) == "HTTP/1.1 200 \r\ncontent-length: 3\r\nx: y\r\n\r\n")
        #expect(trial.head.framing == .length(3) && trial.head.minorVersion == 2)
        #expect(trial.receive(HTTP2Trial.data(id, [1, 2])) == ["data 1 2"])
        #expect(trial.receive(HTTP2Trial.data(id, [3], ends: true)) == ["data 1 1 last"])
        #expect(trial.streamCount == 0)
    }

    @Test func anAnswerWithoutABodySaysSo() {
        let trial = Frames()
        let first = trial.open()
        #expect(trial.receive(Frames.answer(first, ends: true)) == ["head 1 200 last"])
        #expect(trial.head.framing == .none && trial.head.declaredLength == 0)
        let second = trial.open("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", isHead: true)
        #expect(trial.receive(Frames.answer(second, [("content-length", "77")], ends: true)) == ["head 3 200 last"])
        #expect(trial.head.declaredLength == 77)
        let third = trial.open()
        #expect(trial.receive(Frames.answer(third, status: "304", ends: true)) == ["head 5 304 last"])
    }

    @Test func trailersEndAnAnswer() {
        let trial = Frames()
        let id = trial.open()
        let trailers = HTTP2Trial.frame(
            .headers, flags: 5, stream: id, HTTP2Trial.block([("grpc-status", "0"), ("content-length", "9")]))
        #expect(
            trial.receive(Frames.answer(id) + HTTP2Trial.data(id, [1]) + trailers)
                == ["head 1 200", "data 1 1", "trailers 1 grpc-status: 0\r\n"])
    }

    @Test func headsMayComeBeforeTheAnswer() {
        let trial = Frames()
        let id = trial.open()
        #expect(trial.receive(Frames.answer(id, [("link", "x")], status: "103") + Frames.answer(id)) == ["interim 1 103", "head 1 200"])
        let flood = (0..<40).flatMap { _ in Frames.answer(3, status: "102") }
        trial.open()
        #expect(trial.receive(flood).last == "broken 3 tooManyInterim")
    }

    @Test(arguments: [
        [], [(":status", "20")], [(":status", "abc")], [(":status", "200"), (":status", "200")], [("x", "y"), (":status", "200")],
        [(":status", "200"), (":path", "/")], [(":status", "200"), ("X", "y")], [(":status", "200"), ("connection", "close")],
        [(":status", "200"), ("transfer-encoding", "chunked")], [(":status", "200"), ("a", " b")], [(":status", "200"), ("a b", "c")],
        [(":status", "200"), ("content-length", "x")], [(":status", "200"), ("content-length", "1"), ("content-length", "1")],
        [(":status", "101")], [(":status", "600")],
    ])
    func whatIsNoAnswerBreaksItsStreamAlone(_ fields: [(String, String)]) {
        let trial = Frames()
        let (id, other) = (trial.open(), trial.open())
        _ = trial.frames()
        let words = trial.receive(HTTP2Trial.frame(.headers, flags: 4, stream: id, HTTP2Trial.block(fields)))
        #expect(words.count == 1 && words.first?.hasPrefix("broken 1 ") == true)
        #expect(trial.kinds() == [.reset])
        #expect(trial.receive(Frames.answer(other, ends: true)) == ["head 3 200 last"])
    }

    @Test func lengthsAreHeld() {
        for (data, word) in [
            (HTTP2Trial.data(1, [1, 2, 3, 4]), "badContentLength"), (HTTP2Trial.data(1, [1], ends: true), "truncated"),
            (HTTP2Trial.frame(.headers, flags: 5, stream: 1, HTTP2Trial.block([("a", "b")])), "truncated"),
        ] {
            let trial = Frames()
            trial.open()
            #expect(trial.receive(Frames.answer(1, [("content-length", "3")]) + data).last == "broken 1 \(word)")
        }
        let trial = Frames()
        trial.open("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", isHead: true)
        #expect(trial.receive(Frames.answer(1, [("content-length", "3")]) + HTTP2Trial.data(1, [1])).last == "broken 1 badContentLength")
        trial.open()
        #expect(trial.receive(Frames.answer(3, [("content-length", "3")], ends: true)) == ["broken 3 truncated"])
    }

    @Test func aFieldTooLargeBreaksItsStreamAndTheTablesAgree() {
        var limits = EngineLimits()
        limits.upstreamHeadBytes = 1024
        let trial = Frames(limits: limits)
        trial.open()
        trial.open()
        let large = Frames.answer(1, (0..<20).map { ("x\($0)", String(repeating: "y", count: 100)) })
        #expect(trial.receive(large) == ["broken 1 headTooLarge"])
        #expect(trial.receive(Frames.answer(3, ends: true)) == ["head 3 200 last"])
    }

    // MARK: Windows

    @Test func aBodyWaitsForBothWindows() {
        let trial = Frames(settings: HTTP2Trial.setting(4, 10))
        let id = trial.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", hasBody: true)
        _ = trial.frames()
        #expect(trial.send(25, on: id) == 10)
        #expect(trial.send(15, on: id) == 0)
        _ = trial.receive(HTTP2Trial.window(id, 100))
        #expect(trial.send(15, on: id) == 15)
        // The connection's own window is 65,535 (RFC 9113 §6.9.2).
        _ = trial.receive(HTTP2Trial.window(id, 100_000))
        #expect(trial.send(70_000, on: id) == 65_535 - 25)
        _ = trial.receive(HTTP2Trial.window(0, 100_000))
        #expect(trial.send(5_000, on: id) == 5_000)
        trial.machine.finish(id)
        #expect(trial.frames().last?.frame.flags == HTTP2Frame.Flag.endStream)
    }

    @Test func settingsChangeTheWindowsOfOpenStreams() {
        let trial = Frames(settings: HTTP2Trial.setting(4, 10))
        let id = trial.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", hasBody: true)
        #expect(trial.send(10, on: id) == 10)
        _ = trial.receive(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 5)))
        _ = trial.receive(HTTP2Trial.window(id, 8))
        #expect(trial.send(10, on: id) == 3)
        #expect(trial.receive(HTTP2Trial.frame(.settings, HTTP2Trial.setting(4, 0x8000_0000))) == ["failed badSetting"])
    }

    @Test func whatIsTakenIsCreditedAndNothingElse() {
        let trial = Frames()
        let id = trial.open()
        _ = trial.receive(Frames.answer(id))
        _ = trial.frames()
        for _ in 0..<8 { #expect(trial.receive(HTTP2Trial.data(id, [UInt8](repeating: 1, count: 16_000))) == ["data 1 16000"]) }
        // Nothing was taken: the stream's window is nearly used up.
        #expect(!trial.frames().contains { $0.frame.kind == .windowUpdate && $0.frame.stream == id })
        #expect(trial.receive(HTTP2Trial.data(id, [UInt8](repeating: 1, count: 4_000))) == ["broken 1 brokenHTTP2"])
        let next = trial.open()
        _ = trial.receive(Frames.answer(next) + HTTP2Trial.data(next, [UInt8](repeating: 1, count: 16_000)))
        trial.machine.consumed(70_000, on: next)
        #expect(trial.frames().contains { $0.frame.kind == .windowUpdate && $0.frame.stream == next })
    }

    @Test func theConnectionsWindowHoldsBackNobody() {
        let trial = Frames()
        var credited = 0
        for number in 0..<60 {
            let id = trial.open()
            _ = trial.receive(Frames.answer(id))
            for _ in 0..<4 { _ = trial.receive(HTTP2Trial.data(id, [UInt8](repeating: 1, count: 16_000))) }
            for (frame, payload) in trial.frames() where frame.kind == .windowUpdate && frame.stream == 0 {
                credited += payload.reduce(0) { $0 << 8 | Int($1) }
            }
            #expect(credited >= (number + 1) * 64_000 - 1024 * 1024)
        }
    }

    // MARK: Ends

    @Test func whatTheServerHasNotLookedAtIsToldFromTheRest() {
        let trial = Frames()
        for _ in 0..<3 { trial.open() }
        #expect(trial.receive(HTTP2Trial.frame(.goAway, HTTP2Trial.number(3) + HTTP2Trial.number(0))) == ["goingAway 3"])
        let unprocessed = trial.machine.takeUnprocessed(above: 3)
        #expect(unprocessed == [5])
        #expect(!trial.hasRoom && trial.streamCount == 2)
        #expect(trial.receive(Frames.answer(1, ends: true)) == ["head 1 200 last"])
        #expect(trial.receive(HTTP2Trial.frame(.reset, stream: 3, HTTP2Trial.number(7))) == ["unprocessed 3"])
    }

    @Test func anEarlyAnswerEndsTheRequestToo() {
        let trial = Frames()
        let id = trial.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", hasBody: true)
        _ = trial.frames()
        #expect(trial.receive(Frames.answer(id, ends: true)) == ["head 1 200 last"])
        #expect(trial.kinds() == [.reset])
        #expect(trial.send(10, on: id) == 10)
        #expect(trial.kinds() == [])
        #expect(trial.receive(HTTP2Trial.frame(.reset, stream: id, HTTP2Trial.number(0))) == [])
    }

    @Test func whatComesForOneThatWasGivenUpIsPassedOver() {
        let trial = Frames()
        let id = trial.open()
        trial.machine.reset(id)
        #expect(trial.receive(Frames.answer(id) + HTTP2Trial.data(id, [1], ends: true) + HTTP2Trial.window(id, 5)) == [])
    }

    @Test func soManyStreamsAsTheServerTakes() {
        let trial = Frames(settings: HTTP2Trial.setting(3, 2))
        trial.open()
        #expect(trial.hasRoom)
        trial.open()
        #expect(!trial.hasRoom)
        _ = trial.receive(Frames.answer(1, ends: true))
        #expect(trial.hasRoom)
        _ = trial.receive(HTTP2Trial.frame(.settings, HTTP2Trial.setting(3, 0)))
        #expect(!trial.hasRoom)
    }

    // MARK: Hostile servers

    @Test(arguments: [
        ("idleStream", ClientFrames.answer(5)), ("idleStream", ClientFrames.answer(2)), ("idleStream", HTTP2Trial.data(7, [1])),
        ("idleStream", HTTP2Trial.window(9, 1)), ("idleStream", HTTP2Trial.frame(.reset, stream: 3, [0, 0, 0, 0])),
        ("noIncrement", HTTP2Trial.window(0, 0)), ("windowTooLarge", HTTP2Trial.window(0, 0x7fff_ffff)),
        ("pushFromClient", HTTP2Trial.frame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2, 0x88])),
        ("badBlock", HTTP2Trial.frame(.headers, flags: 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff])),
        ("strayContinuation", HTTP2Trial.frame(.continuation, flags: 4, stream: 1, [])),
        ("frameTooLarge", [0x00, 0x40, 0x01, 0, 0, 0, 0, 0, 1]),
    ])
    func whatBreaksTheProtocolEndsTheConnection(_ fault: String, _ bytes: [UInt8]) {
        let trial = Frames()
        trial.open()
        _ = trial.frames()
        #expect(trial.receive(bytes) == ["failed \(fault)"])
        #expect(trial.kinds() == [.goAway])
        #expect(!trial.hasRoom)
    }

    @Test func settingsComeFirst() {
        let trial = Frames(settings: nil)
        #expect(trial.receive(HTTP2Trial.frame(.ping, Array(1...8))) == ["failed settingsNotFirst"])
    }

    @Test(arguments: [
        ("settingsFlood", HTTP2Trial.frame(.settings)), ("pingFlood", HTTP2Trial.frame(.ping, Array(1...8))),
        ("windowFlood", HTTP2Trial.window(0, 1)), ("frameFlood", HTTP2Trial.frame(type: 99, [1])),
        ("frameFlood", HTTP2Trial.frame(.priority, stream: 1, [0, 0, 0, 0, 1])),
    ])
    func aFloodEndsTheConnection(_ fault: String, _ bytes: [UInt8]) {
        let trial = Frames()
        trial.open()
        #expect(trial.receive((0..<2_000).flatMap { _ in bytes }).last == "failed \(fault)")
        // What an honest one sends in the time is no flood.
        let calm = Frames()
        calm.open()
        for second in 0..<200 { #expect(calm.receive(bytes, now: Int64(second)) == []) }
    }

    @Test func emptyDataIsAFloodToo() {
        let trial = Frames()
        trial.open()
        let flood = (0..<500).flatMap { _ in HTTP2Trial.data(1, []) }
        #expect(trial.receive(Frames.answer(1) + flood).last == "failed emptyFrameFlood")
    }

    @Test func aHeadInEndlessPiecesEndsTheConnection() {
        let trial = Frames()
        trial.open()
        let piece = HTTP2Trial.frame(.continuation, stream: 1, [0, 1, 0x61, 1, 0x62])
        let flood = HTTP2Trial.frame(.headers, flags: 0, stream: 1, HTTP2Trial.block([(":status", "200")]))
        #expect(trial.receive(flood + (0..<100).flatMap { _ in piece }) == ["failed blockTooLarge"])
    }

    /// Frames in any order, good and mutated: no crash, bounded memory, and each stream ends once.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func anyFramesAreDecided(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let trial = Frames()
            var ended: Set<String> = []
            for _ in 0..<60 {
                if trial.hasRoom, Bool.random(using: &random) { trial.open(hasBody: .random(using: &random)) }
                let id = UInt32.random(in: 0...9, using: &random)
                var bytes: [UInt8]
                switch Int.random(in: 0..<9, using: &random) {
                case 0...2:
                    bytes = Frames.answer(
                        id, [("a", "b")], status: Bool.random(using: &random) ? "200" : "103", ends: .random(using: &random))
                case 3...4:
                    bytes = HTTP2Trial.data(
                        id, [UInt8](repeating: 1, count: .random(in: 0..<5_000, using: &random)), ends: .random(using: &random))
                case 5: bytes = HTTP2Trial.window(id, .random(in: 0...100_000, using: &random))
                case 6: bytes = HTTP2Trial.frame(.reset, stream: id, HTTP2Trial.number(.random(in: 0...9, using: &random)))
                case 7: bytes = HTTP2Trial.frame(.goAway, HTTP2Trial.number(id) + HTTP2Trial.number(0))
                default:
                    bytes = HTTP2Trial.frame(
                        type: .random(in: 0...12, using: &random), flags: .random(in: 0...255, using: &random), stream: id, [1, 2, 3, 4])
                }
                if Int.random(in: 0..<10, using: &random) == 0, let at = bytes.indices.randomElement(using: &random) {
                    bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                for word in trial.receive(bytes) {
                    let parts = word.split(separator: " ")
                    let isEnd = parts.last == "last" || ["broken", "unprocessed", "trailers"].contains(parts[0])
                    if isEnd { #expect(ended.insert(String(parts[1])).inserted, "\(word), seed \(seed)") }
                }
                #expect(trial.streamCount <= 128 && trial.waitingCount < 1 << 20)
            }
        }
    }
}
