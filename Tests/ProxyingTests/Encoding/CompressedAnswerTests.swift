import Compression
import Glibc
import HTTPEngine
import Model
import Snapshots
import Synchronization
import TestCodecs
import TestPatience
import Testing

@testable import Proxying

/// Answers of a backend that are encoded on their way, over sockets.
@Suite struct CompressedAnswerTests {
    private static let text = (0..<600).map { "<li id=\"\($0)\">item \($0 * 7919 % 10_007)</li>\n" }.joined()
    private static let tagged = "Content-Type: text/html\r\nETag: \"x\"\r\nAccept-Ranges: bytes\r\nContent-Digest: sha-256=:x:\r\n"

    private static func proxy(
        _ server: ScriptedServer, speaksHTTP2: Bool = false, port: UInt16? = nil, policy: CompressionPolicy = CompressionPolicy()
    ) throws -> ProxyUnderTest {
        let server = UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: port ?? server.port))
        return try ProxyUnderTest(
            BackendPolicy(number: 0, name: "app", servers: [server], speaksHTTP2: speaksHTTP2), policy: { $0.compression = policy })
    }

    /// Answers each request with a head and the text.
    private static func whole(_ lines: String = tagged, status: String = "200 OK") -> ScriptedServer {
        ScriptedServer { connection, _ in
            while let head = connection.head() {
                connection.send(
                    "HTTP/1.1 \(status)\r\n\(lines)Content-Length: \(text.utf8.count)\r\n\r\n" + (head.hasPrefix("HEAD") ? "" : text))
            }
        }
    }

    @Test func aServerIsAskedForTheWholeWhereADateWouldJoinTwoCodings() throws {
        let heads = Mutex<[String]>([])
        let server = ScriptedServer { connection, _ in
            while let head = connection.head() {
                heads.withLock { $0.append(head.lowercased()) }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let date = "If-Range: Sat, 21 Nov 2026 00:00:00 GMT"
        for lines in [["Accept-Encoding: gzip", date], [date], ["Accept-Encoding: gzip", "If-Range: \"x\""], ["Accept-Encoding: gzip"]] {
            _ = proxy.get("/", "Range: bytes=0-9", lines[0], lines.count > 1 ? lines[1] : "X: y")
        }
        #expect(heads.withLock { $0.map { $0.contains("\r\nrange: ") } } == [false, true, true, true])
        #expect(heads.withLock { $0.map { $0.contains("\r\nif-range: ") } } == [false, true, true, false])
    }

    @Test(arguments: Coding.allCases) func aWholeAnswerHasItsLength(_ coding: Coding) throws {
        let server = Self.whole()
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let answer = try #require(proxy.get("/", "Accept-Encoding: \(coding.token)"))
        #expect(answer["Content-Encoding"] == coding.token && answer["Vary"] == "Accept-Encoding" && answer["ETag"] == "W/\"x\"")
        #expect(answer["Accept-Ranges"] == nil && answer["Content-Digest"] == nil && answer["Content-Length"] != nil)
        #expect(answer.body.count < Self.text.utf8.count / 3)
        #expect(try decoded(answer.body, coding.token, size: Self.text.utf8.count) == Array(Self.text.utf8))
        #expect(proxy.reports.until(1).first?.bytes == answer.body.count)
        // HEAD says the same but for the length.
        let head = try #require(proxy.ask("HEAD / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: \(coding.token)\r\n\r\n", method: "HEAD"))
        let isLasting = { (line: String) in !line.hasPrefix("Content-Length: ") && !line.hasPrefix("Date: ") }
        #expect(head.fields.filter(isLasting) == answer.fields.filter(isLasting))
    }

    @Test func whoTakesNothingGetsWhatCameAndCachesAreTold() throws {
        let server = Self.whole()
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        for lines in [
            ["Accept-Encoding: identity"], ["Accept-Encoding: gzip;q=0"], [], ["Accept-Encoding: gzip", "Cache-Control: no-transform"],
        ] {
            let request = "GET / HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
            let answer = try #require(proxy.ask(request))
            #expect(answer.text == Self.text && answer["ETag"] == "\"x\"" && answer["Content-Encoding"] == nil)
            #expect(answer["Vary"] == "Accept-Encoding" && answer["Accept-Ranges"] == "bytes" && answer["Content-Digest"] != nil)
        }
    }

    @Test(arguments: [
        "Content-Type: image/png\r\n", "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
        "Content-Type: text/html\r\nCache-Control: no-transform\r\n", "",
    ]) func whatMayNotChangeGoesAsItCame(_ lines: String) throws {
        let server = Self.whole(lines)
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let answer = try #require(proxy.get("/", "Accept-Encoding: gzip, br, zstd"))
        #expect(answer.text == Self.text && answer["Vary"] == nil)
        #expect((answer["Content-Encoding"] ?? "") == (lines.contains("Encoding") ? "gzip" : ""))
    }

    @Test func partsGoAsTheyCame() throws {
        let server = Self.whole(
            "Content-Type: text/html\r\nETag: \"x\"\r\nContent-Range: bytes 0-9/90000\r\n", status: "206 Partial Content")
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let answer = try #require(proxy.get("/", "Accept-Encoding: gzip", "Range: bytes=0-9"))
        #expect(answer.status == 206 && answer.text == Self.text && answer["ETag"] == "\"x\"" && answer["Vary"] == "Accept-Encoding")
    }

    @Test func a304SaysWhatTheClientHas() throws {
        let server = ScriptedServer { connection, _ in
            while connection.head() != nil { connection.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n") }
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        for tag in ["W/\"x\"", "\"x\""] {
            let answer = try #require(proxy.get("/page", "Accept-Encoding: gzip", "If-None-Match: \(tag)"))
            #expect(answer.status == 304 && answer["ETag"] == tag && answer["Vary"] == "Accept-Encoding")
        }
        #expect(proxy.get("/a.png", "If-None-Match: \"x\"")?["Vary"] == nil)
    }

    /// Each event can be read as soon as the server has sent it.
    @Test(arguments: Coding.allCases, [false, true]) func eventsArriveAtOnce(_ coding: Coding, _ isHTTP2: Bool) throws {
        let gate = Gate()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in 1...5 {
                connection.send("10\r\ndata: event \(number)\r\n\n\r\n")
                gate.wait(for: number)
            }
            connection.send("0\r\nDigest: x\r\nX-Own: y\r\n\r\n")
            _ = connection.rest()
        }
        let front = try isHTTP2 ? Self.proxy(server, policy: CompressionPolicy(types: [])) : nil
        let proxy = try Self.proxy(server, speaksHTTP2: isHTTP2, port: front?.port)
        defer {
            proxy.end()
            front?.end()
            server.end()
        }
        let client = proxy.connect()
        client.get("/", "Accept-Encoding: \(coding.token)", "TE: trailers", "Connection: TE")
        #expect(try #require(client.head()).contains("Content-Encoding: \(coding.token)\r\n"))
        var (made, wanted): ([UInt8], [UInt8]) = ([], [])
        for number in 1...5 {
            wanted += Array("data: event \(number)\r\n\n".utf8)
            while readable(made, coding).count < wanted.count {
                guard let piece = client.chunk() else { break }
                made += piece
            }
            #expect(readable(made, coding) == wanted)
            gate.open()
        }
        while let piece = client.chunk(), !piece.isEmpty { made += piece }
        #expect(try decoded(made, coding.token, size: wanted.count) == wanted)
    }

    @Test func whatStandsBehindABodyPassesButDigestsOfOtherBytes() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            connection.send("0\r\nContent-Digest: sha-256=:x:\r\nX-Own: y\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let answer = try #require(proxy.get("/", "Accept-Encoding: gzip"))
        #expect(try decoded(answer.body, "gzip", size: 5) == Array("hello".utf8))
        #expect(answer.fields.filter { $0.hasPrefix("trailer") } == ["trailer X-Own: y"])
    }

    /// Half a text is never a whole one.
    @Test(arguments: Coding.allCases, ["1.1", "1.0"]) func aServerThatDiesLeavesACutAnswer(_ coding: Coding, _ version: String) throws {
        let gate = Gate()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n" + Self.text)
            gate.wait()
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.send("GET / HTTP/\(version)\r\nHost: h\r\nAccept-Encoding: \(coding.token)\r\n\r\n")
        let head = try #require(client.head())
        #expect(head.contains("Content-Encoding: \(coding.token)\r\n") && !head.contains("Content-Length"))
        let first = client.read(10)
        gate.open()
        let rest = client.rest()
        #expect(rest.end == (version == "1.0" ? .reset : .closed))
        #expect(!rest.bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        #expect(throws: CodecError.self) { try decoded(first + rest.bytes, coding.token, size: Self.text.utf8.count) }
        #expect(proxy.reports.until(1).first?.failure == "truncated")
    }

    @Test func whoSpeaksHTTP10GetsTheEndOfTheConnectionForALength() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            connection.send("5\r\nworld\r\n0\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.send("GET / HTTP/1.0\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
        let head = try #require(client.head())
        #expect(!head.contains("Transfer-Encoding") && head.contains("Connection: close\r\n"))
        let rest = client.rest()
        #expect(try decoded(rest.bytes, "gzip", size: 10) == Array("helloworld".utf8))
    }

    /// A client that reads slowly holds back the server, and gets all of it.
    @Test func longTextsGoThroughWhole() throws {
        var state: UInt64 = 7
        let line = { () -> String in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return String(state, radix: 36) + "\n"
        }
        let long = Array((0..<400_000).map { _ in line() }.joined().utf8)
        let server = ScriptedServer { connection, _ in
            while connection.head() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(long.count)\r\n\r\n")
                connection.send(long)
            }
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        for coding in Coding.allCases {
            let client = proxy.connect(receiveBuffer: 16 * 1024)
            client.get("/", "Accept-Encoding: \(coding.token)")
            _ = try #require(client.head())
            var made: [UInt8] = []
            while let piece = client.chunk(), !piece.isEmpty { made += piece }
            #expect(try decoded(made, coding.token, size: long.count) == long)
        }
    }

    /// Clients that leave, and many at once: encoders come back, and where there are none answers go as they are.
    @Test func encodersAreForThoseWhoStay() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            _ = connection.rest()
        }
        let proxy = try Self.proxy(server)
        defer {
            proxy.end()
            server.end()
        }
        let most = EncoderStock.budget / StreamEncoder.weight(.brotli, isCompact: false)
        var clients: [RawConnection] = []
        for number in 0..<most + 3 {
            let client = proxy.connect()
            client.get("/", "Accept-Encoding: br")
            let head = try #require(client.head())
            #expect(head.contains("Vary: Accept-Encoding\r\n"))
            #expect(head.contains("Content-Encoding: br\r\n") == (number < most))
            if number >= most { #expect(client.chunk() == Array("hello".utf8)) }
            clients.append(client)
        }
        for client in clients { client.leave() }
        #expect(proxy.reports.until(most + 3).count == most + 3)
        let client = proxy.connect()
        client.get("/", "Accept-Encoding: br")
        #expect(try #require(client.head()).contains("Content-Encoding: br\r\n"))
    }

    /// What a decoder has of an encoding that is not whole yet.
    private func readable(_ encoded: [UInt8], _ coding: Coding) -> [UInt8] {
        let codec: Codec =
            switch coding {
            case .brotli: .brotli
            case .zstd: .zstd
            case .gzip: .gzip
            }
        var content: [UInt8] = []
        try? codec.unstream(encoded, size: .max, into: &content)
        return content
    }
}
