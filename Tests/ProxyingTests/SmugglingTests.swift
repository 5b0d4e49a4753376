import Glibc
import Snapshots
import Synchronization
import TestPatience
import Testing

@testable import Proxying

/// What one reader takes for one request and another for two: none of it may reach a server as two. Each input holds `/smuggled` where
/// only a reader that is fooled finds a request.
@Suite struct SmugglingTests {
    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    static let chunkEnd = "0\r\n\r\n"

    /// Heads of a POST that say their length in disguise; the body is an empty chunked one with a request behind it.
    static let disguises: [String] = [
        "Content-Length: 41\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 41",
        "Transfer-Encoding : chunked\r\nContent-Length: 41", "Transfer-Encoding\t: chunked\r\nContent-Length: 41",
        " Transfer-Encoding: chunked\r\nContent-Length: 41", "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 41",
        "Transfer-Encoding: xchunked\r\nContent-Length: 41", "Transfer-Encoding: chunked, identity\r\nContent-Length: 41",
        "Transfer-Encoding: identity, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\u{b}chunked\r\nContent-Length: 41",
        "Transfer-Encoding: \"chunked\"\r\nContent-Length: 41", "Transfer-Encoding: chunked;x\r\nContent-Length: 41",
        "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\nContent-Length: 41",
        "Transfer-Encoding:\r\n chunked\r\nContent-Length: 41",
        "Transfer-Encoding: chunked\nContent-Length: 41", "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 41",
        "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 41", "\u{1}Transfer-Encoding: chunked\r\nContent-Length: 41",
        "Transfer-Encoding: chunked\0\r\nContent-Length: 41", "Content-Length: 0\r\nContent-Length: 41",
        "Content-Length: 41\r\nContent-Length: 0",
        "Content-Length: 41, 0", "Content-Length: 0, 41", "Content-Length: +41", "Content-Length: -0", "Content-Length: 0x29",
        "Content-Length: 4 1", "Content-Length: 41.0", "Content-Length: ", "Content-Length\u{b}: 41", "Content-Length : 0",
        "Content-Length: 41\r\n 0", "Content-Length: 000000000000000000041", "Content-Length: 18446744073709551657", "Content_Length: 0",
        "Transfer_Encoding: chunked\r\nContent-Length: 41", "Connection: Content-Length\r\nContent-Length: 41",
        "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    ]

    /// Whole inputs with a request in what is another's body, target or field.
    static let inputs: [String] = [
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0 \r\n\r\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX\(smuggled)",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 41\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: \(smuggled)", "GET /\r\n\(smuggled)", "GET / HTTP/1.1\n\(smuggled)",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\n\n\(smuggled)", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\r\(smuggled)",
        "GET http://h/ HTTP/1.1 x\r\n\(smuggled)", "GET /x HTTP/1.1\u{a0}\r\n\(smuggled)", "GET /\u{c4}\u{8a}\(smuggled)",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \u{0}\r\n\(smuggled)", "GET / HTTP/9.9\r\nHost: h\r\n\r\n\(smuggled)",
        "GET / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(chunkEnd)\(smuggled)",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\(smuggled)",
    ]

    /// Takes everything, answers each request that it finds as the strictest and the laxest reader would, and keeps what it got.
    private static func recorder() -> ScriptedServer {
        let box = Mutex<ScriptedServer?>(nil)
        let server = ScriptedServer { connection, _ in
            while let head = connection.head() {
                box.withLock { $0 }?.note(head)
                let lower = head.lowercased()
                if lower.contains("\r\ntransfer-encoding: chunked\r\n") {
                    var tail: [UInt8] = []
                    while !tail.suffix(5).elementsEqual("0\r\n\r\n".utf8) {
                        let byte = connection.read(1)
                        if byte.isEmpty { return }
                        tail += byte
                    }
                } else if let line = lower.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length: ") }) {
                    _ = connection.read(Int(line.dropFirst(16)) ?? 0)
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        box.withLock { $0 = server }
        return server
    }

    static func run(_ input: String, _ proxy: ProxyUnderTest) {
        // What is refused ends at once; what is taken keeps its connection, and is answered long before this.
        let client = RawConnection(port: proxy.port, milliseconds: 150)
        client.send(Array(input.utf8))
        _ = client.rest()
    }

    @Test func noDisguiseOfALengthMakesTwoOfOne() throws {
        let server = Self.recorder()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        for disguise in Self.disguises {
            Self.run("POST / HTTP/1.1\r\nHost: h\r\n\(disguise)\r\n\r\n\(Self.chunkEnd)\(Self.smuggled)", proxy)
        }
        // Where the length is not disguised at all, what stands behind the body is a request, and a second one is right.
        for head in server.seen {
            let lines = head.lowercased().split(separator: "\r\n")
            let lengths = lines.filter { $0.hasPrefix("content-length") || $0.hasPrefix("transfer-encoding") }
            #expect(lengths.count <= 1, "\(head)")
            #expect(!head.contains("\r\n ") && !head.contains("\r\n\t"))
        }
        let plain = ["Connection: Transfer-Encoding", "Content_Length", "Connection: Content-Length"]
        let second = server.seen.filter { $0.hasPrefix("GET /smuggled ") }
        // Those that Tandem read as chunked, and as without a body: behind both a request of its own stands in the open.
        #expect(second.count <= plain.count, "\(second.count) requests came through")
        #expect(server.seen.count >= 2)
    }

    @Test func noInputMakesTwoOfOne() throws {
        let server = Self.recorder()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        for input in Self.inputs { Self.run(input, proxy) }
        #expect(!server.seen.contains { $0.hasPrefix("GET /smuggled ") }, "\(server.seen)")
        // And the next client is answered what it asked for.
        #expect(proxy.get("/after")?.status == 200)
        #expect(server.seen.last?.hasPrefix("GET /after ") == true)
    }

    @Test func aBodyBehindGetIsFramedLikeAnyOther() throws {
        let server = Self.recorder()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let count = Self.smuggled.utf8.count
        #expect(proxy.ask("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: \(count)\r\n\r\n\(Self.smuggled)")?.status == 200)
        #expect(server.seen.count == 1)
        #expect(server.seen.first?.contains("Content-Length: \(count)\r\n") == true)
    }

    /// The same with servers as people run them, told to be as lax as they can be: each logs what it took for a request.
    @Test(arguments: RealServer.Kind.installed)
    func noInputMakesTwoOfOneForARealServer(_ kind: RealServer.Kind) throws {
        let server = try #require(RealServer(kind), "\(kind) does not start")
        let live = UpstreamServer(name: "real", origin: .tcp(host: "127.0.0.1", port: server.port))
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: [live]))
        defer {
            proxy.end()
            server.end()
        }
        for input in Self.inputs { Self.run(input, proxy) }
        for disguise in Self.disguises {
            // Without a request behind it that would be one for everybody.
            Self.run("POST / HTTP/1.1\r\nHost: h\r\n\(disguise)\r\n\r\n\(Self.chunkEnd)", proxy)
        }
        #expect(proxy.get("/after")?.status == 200)
        #expect(eventually { server.requests.contains { $0.hasPrefix("GET /after ") } })
        #expect(!server.requests.contains { $0.contains("/smuggled") }, "\(server.requests)")
        #expect(server.requests.last?.hasPrefix("GET /after ") == true)
    }
}
