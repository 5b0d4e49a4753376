import Foundation
import HTTPEngine
import Model
import Snapshots
import Synchronization
import TestSeeds
import Testing

@testable import Serving

/// Keeps what it is given, or drops all of it.
final class Lines: LogSink {
    private let held = Mutex<[[UInt8]]>([])
    private let takes: Bool

    init(takes: Bool = true) { self.takes = takes }

    func accept(_ lines: [UInt8]) -> Bool {
        if takes { held.withLock { $0.append(lines) } }
        return takes
    }

    var bytes: [UInt8] { held.withLock { $0.flatMap { $0 } } }
    var batches: Int { held.withLock { $0.count } }
}

@Suite struct AccessLogTests {
    private static let line = AccessLog.Line(status: 200, bytes: 12, site: "default", release: "0123456789ab", means: "current")
    private static let now = Timestamp(milliseconds: 784_111_777_000)

    private func write(_ format: AccessLogFormat, target: String = "/", fields: [String] = [], method: String = "GET") throws -> String {
        let sink = Lines()
        var log = AccessLog(sink: sink, format: format)
        let request = try Asked.detached(target, fields, method: method)
        log.write(request.exchange, Self.line, now: Self.now)
        log.handOver()
        return String(decoding: sink.bytes, as: UTF8.self)
    }

    @Test func aLineOfJSONSaysWhatWasAnswered() throws {
        let text = try write(.json, target: "/a?b", fields: ["User-Agent: Tester/1.0", "Referer: https://x/", "traceparent: 00-a-b-01"])
        #expect(
            text == """
                {"time":"1994-11-06T08:49:37Z","client":"unix:","scheme":"http","protocol":"HTTP/1.1","method":"GET",\
                "host":"shop.example.com","target":"/a?b","status":200,"bytes":12,\
                "site":"default","release":"0123456789ab","by":"current","agent":"Tester/1.0","referer":"https://x/",\
                "traceparent":"00-a-b-01"}

                """)
    }

    @Test(arguments: [AccessLogFormat.json, .combined]) func behindATrustedProxyTheClientIsWhomItNames(_ format: AccessLogFormat) throws {
        let sink = Lines()
        var log = AccessLog(sink: sink, format: format, trusted: [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)])
        let request = try Asked.detached("/", ["X-Forwarded-For: 203.0.113.9, 192.0.2.7, 127.0.0.1"])
        log.write(request.exchange, Self.line, now: Self.now)
        log.handOver()
        let text = String(decoding: sink.bytes, as: UTF8.self)
        #expect(text.contains("192.0.2.7") && !text.contains("203.0.113.9"))
    }

    @Test func aCombinedLineIsTheUsualOne() throws {
        #expect(
            try write(.combined, target: "/a?b", fields: ["User-Agent: Tester/1.0"])
                == "unix: - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 12 \"-\" \"Tester/1.0\"\n")
    }

    @Test func aRefusedRequestHasALineOfWhatIsKnown() throws {
        func write(_ format: AccessLogFormat, _ request: Exchange?) -> String {
            let sink = Lines()
            var log = AccessLog(sink: sink, format: format)
            log.write(Refusal(431, .fieldsTooLarge), peer: .local, request: request, bytes: 32, now: Self.now)
            log.handOver()
            return String(decoding: sink.bytes, as: UTF8.self)
        }
        #expect(
            write(.json, nil) == """
                {"time":"1994-11-06T08:49:37Z","client":"unix:","method":"-","host":"-","target":"-","status":431,"bytes":32,"site":"",\
                "refused":"fieldsTooLarge"}

                """)
        #expect(write(.combined, nil) == "unix: - - [06/Nov/1994:08:49:37 +0000] \"-\" 431 32 \"-\" \"-\"\n")
        let request = try Asked.detached("/upload", ["User-Agent: \"x"], method: "POST")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(write(.json, request.exchange).utf8)) as? [String: Any])
        #expect(object["target"] as? String == "/upload")
        #expect(object["refused"] as? String == "fieldsTooLarge")
        #expect(object["agent"] as? String == "\"x")
        #expect(write(.combined, request.exchange).contains("\"POST /upload HTTP/1.1\" 431 32"))
    }

    private static let hostile = [
        "\"", "\\", "\\\"", "\" 200 0 \"-\" \"forged\"", "\\u0000", "\u{e9}\u{1f4a9}", "a\tb", "</script>", "%0d%0a127.0.0.1 - -", "{}[],:",
        "\\n", "trailing\\",
    ]

    @Test func jsonIsJSONWhateverIsSent() throws {
        for text in Self.hostile {
            let written = try write(.json, fields: ["User-Agent: \(text)", "Referer: \(text)"])
            let lines = written.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 2 && lines[1].isEmpty, "\(text)")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
            // Bytes beyond ASCII are written each for itself.
            let expected = String(String.UnicodeScalarView(text.utf8.map { UnicodeScalar($0) }))
            #expect(object["agent"] as? String == expected)
            #expect(object["referer"] as? String == expected)
            #expect(object["status"] as? Int == 200)
        }
    }

    @Test func jsonIsJSONForRandomBytes() throws {
        var generator = SeededGenerator(seed: 3)
        var written = 0
        for _ in 0..<500 {
            func bytes(_ count: Int, _ range: ClosedRange<UInt8>) -> [UInt8] {
                (0..<count).map { _ in UInt8.random(in: range, using: &generator) }
            }
            let head =
                Array("GET /".utf8) + bytes(3, 0x21...0xff) + Array(" HTTP/1.1\r\nHost: h\r\nUser-Agent: ".utf8) + bytes(10, 0x20...0x7e)
                + bytes(20, 0x80...0xff) + Array("\r\n\r\n".utf8)
            guard let request = try? DetachedRequest(head: head) else { continue }
            written += 1
            for format in [AccessLogFormat.json, .combined] {
                let sink = Lines()
                var log = AccessLog(sink: sink, format: format)
                log.write(request.exchange, Self.line, now: Self.now)
                log.handOver()
                #expect(sink.bytes.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a })
                #expect(sink.bytes.count { $0 == 0x0a } == 1)
                if format == .json { #expect((try? JSONSerialization.jsonObject(with: Data(sink.bytes))) != nil) }
            }
        }
        #expect(written > 20)
    }

    @Test func aCombinedLineCannotBeForged() throws {
        for text in Self.hostile {
            let line = try write(.combined, fields: ["User-Agent: \(text)", "Referer: \(text)"])
            #expect(line.utf8.count { $0 == 0x0a } == 1)
            // Three quoted strings and no more, to a reader that knows backslashes.
            var quotes = 0
            var isEscaped = false
            for byte in line.utf8 {
                if byte == UInt8(ascii: "\""), !isEscaped { quotes += 1 }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            }
            #expect(quotes == 6, "\(text)")
            #expect(line.hasPrefix("unix: - - [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.1\" 200 12 \""))
        }
    }

    @Test func linesLeaveTogether() throws {
        let sink = Lines()
        var log = AccessLog(sink: sink, format: .combined)
        let request = try Asked.detached("/", ["User-Agent: " + String(repeating: "x", count: 1000)])
        for _ in 0..<30 { log.write(request.exchange, Self.line, now: Self.now) }
        #expect(sink.batches == 0)
        for _ in 0..<5 { log.write(request.exchange, Self.line, now: Self.now) }
        #expect(sink.batches == 1)
        log.handOver()
        #expect(sink.batches == 2)
        log.handOver()
        #expect(sink.batches == 2)
        #expect(sink.bytes.count { $0 == 0x0a } == 35)
    }

    @Test func droppedLinesAreCounted() throws {
        var log = AccessLog(sink: Lines(takes: false), format: .json)
        #expect(log.isOn)
        let request = try Asked.detached("/")
        for _ in 0..<3 { log.write(request.exchange, Self.line, now: Self.now) }
        log.handOver()
        log.write(request.exchange, Self.line, now: Self.now)
        log.handOver()
        let counts = [log.takeDropped(), log.takeDropped()]
        #expect(counts == [4, 0])
        #expect(!AccessLog(sink: nil, format: .json).isOn)
    }
}
