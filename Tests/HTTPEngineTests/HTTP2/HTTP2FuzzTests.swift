import TestSeeds
import Testing

@testable import HTTPEngine

/// Frames in any order, good and mutated, from fixed seeds. Whatever comes: no crash, bounded memory, whole frames in answer,
/// and an end of the connection only with a GOAWAY that says why.
@Suite struct HTTP2FuzzTests {
    private static let paths = ["/hello", "/late", "/echo", "/early", "/block", "/late-body", "/nothing", "/a", "bad"]

    private func step(_ random: inout SeededGenerator, _ next: inout UInt32) -> [UInt8] {
        let stream = Int.random(in: 0..<4, using: &random) == 0 ? UInt32.random(in: 0...(next + 2), using: &random) : max(next, 2) - 2
        let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        switch Int.random(in: 0..<14, using: &random) {
        case 0...4:
            defer { next += 2 }
            let path = Self.paths.randomElement(using: &random) ?? "/"
            return HTTP2Trial.request(next, path, [("priority", "u=\(next % 8), i")], hasBody: .random(using: &random))
        case 5, 6: return HTTP2Trial.data(stream, bytes, ends: .random(using: &random))
        case 7: return HTTP2Trial.window(stream, .random(in: 0...100_000, using: &random))
        case 8:
            return HTTP2Trial.frame(
                .settings, HTTP2Trial.setting(.random(in: 1...9, using: &random), .random(in: 0...70_000, using: &random)))
        case 9: return HTTP2Trial.frame(.reset, stream: stream, [0, 0, 0, 8])
        case 10: return HTTP2Trial.frame(.ping, Array(1...8))
        case 11: return HTTP2Trial.frame(.priorityUpdate, HTTP2Trial.number(stream) + bytes)
        case 12:
            return HTTP2Trial.frame(
                type: .random(in: 0...20, using: &random), flags: .random(in: 0...255, using: &random), stream: stream, bytes)
        default: return HTTP2Trial.frame(.headers, flags: .random(in: 0...255, using: &random), stream: next, bytes)
        }
    }

    @Test(arguments: 1...16 as ClosedRange<UInt64>) func anyFramesAreLegalOrToldWhy(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ended = 0
        var answers = 0
        for _ in 0..<80 {
            let trial = HTTP2Trial()
            var next: UInt32 = 1
            for _ in 0..<100 where !trial.transport.hasFinished {
                var bytes = step(&random, &next)
                if Int.random(in: 0..<40, using: &random) == 0, let at = bytes.indices.randomElement(using: &random) {
                    bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                // In two pieces.
                let cut = Int.random(in: 0...bytes.count, using: &random)
                trial.send(Array(bytes[..<cut]))
                trial.send(Array(bytes[cut...]))
                switch Int.random(in: 0..<10, using: &random) {
                case 0: trial.transport.room = Int.random(in: 0..<2_000, using: &random)
                case 1: trial.drainTransport()
                case 2: trial.handler.answerAll()
                default: break
                }
                #expect(trial.connection.streams.count <= 128)
                #expect(trial.connection.input.count <= 16_393 + 64)
                #expect(trial.connection.output.waitingCount <= 2 * HTTP2Workspace.batchCount)
                #expect(trial.connection.answering == trial.connection.streams.count { $0.answer != nil })
                #expect(!trial.loop.http2.isBatchTaken)
            }
            trial.drainTransport()
            trial.handler.answerAll()
            trial.drainTransport()
            let frames = trial.frames()
            #expect(!trial.hasRest)
            answers += frames.count { $0.kind == .headers }
            #expect(frames.allSatisfy { $0.kind != nil && $0.payload.count <= 16_384 })
            if trial.transport.hasFinished {
                ended += 1
                #expect(frames.last?.kind == .goAway)
                #expect(trial.connection.streams.isEmpty)
            }
            // Each stream is answered once, and nothing follows its end.
            for (stream, all) in Dictionary(
                grouping: frames.filter { $0.stream != 0 && ($0.kind == .data || $0.kind == .headers) }, by: \.stream)
            {
                #expect(all.firstIndex { $0.endsStream }.map { $0 == all.count - 1 } ?? true, "stream \(stream)")
            }
        }
        #expect(ended > 10 && answers > 20)
    }
}
