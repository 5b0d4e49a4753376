import Glibc
import Snapshots
import Synchronization
import Testing

@testable import Proxying

@Suite struct PassageTests {
    @Test func aRequestIsPassedAndItsAnswerComesBack() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let answer = try #require(proxy.get("/a?b=c", "Accept: text/html", "User-Agent: test"))
        #expect(answer.status == 200)
        #expect(answer["Via"] == "1.1 tandem")
        #expect(answer["Cache-Status"] == "tandem; fwd=bypass")
        let head = answer.text
        #expect(head.hasPrefix("GET /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\nUser-Agent: test\r\ntraceparent: 00-"))
        #expect(head.contains("-00\r\nX-Forwarded-For: 127.0.0.1\r\n"))
        #expect(head.contains("\r\nVia: 1.1 tandem\r\n"))
        #expect(head.contains("\r\nForwarded: for=127.0.0.1;host=\"h\";proto=http\r\n"))
    }

    @Test func connectionsToTheServerAreUsedAgain() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        for number in 0..<20 {
            client.get("/\(number)")
            #expect(client.answer()?.text.hasPrefix("GET /\(number) ") == true)
        }
        for _ in 0..<5 { #expect(proxy.get("/other")?.status == 200) }
        #expect(server.connectionCount == 1)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        client.send((0..<10).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for number in 0..<10 { #expect(client.answer()?.text.hasPrefix("GET /\(number) ") == true) }
    }

    @Test func bodiesGoBothWaysWhateverTheirFraming() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let body = String(repeating: "0123456789", count: 30_000)
        let answer = proxy.ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body, method: "POST")
        #expect(answer?.text.hasSuffix("\r\n\r\n" + body) == true)
        let empty = proxy.ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", method: "POST")
        #expect(empty?.text.contains("Content-Length: 0\r\n") == true)
    }

    @Test func aChunkedBodyStaysChunked() throws {
        let bodies = Mutex<[String]>([])
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil, let body = connection.chunkedBody() else { return }
            bodies.withLock { $0.append(body) }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let answer = proxy.ask(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n5\r\nworld\r\n0\r\nA: b\r\n\r\n",
            method: "POST")
        // Extensions are for this hop.
        #expect(
            bodies.withLock { $0 } == ["5\r\nhello\r\n5\r\nworld\r\n0\r\nA: b\r\n\r\n"]
                || bodies.withLock { $0 } == ["a\r\nhelloworld\r\n0\r\nA: b\r\n\r\n"])
        #expect(answer?.text == "abc")
        #expect(answer?.fields.last == "trailer Grpc-Status: 0")
    }

    @Test func anAnswerWithoutLengthIsChunkedForTheClientAndCutForAnOldOne() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let answer = try #require(proxy.get("/"))
        #expect(answer["Transfer-Encoding"] == "chunked")
        #expect(answer.text == "until the end")
        let old = try #require(proxy.ask("GET / HTTP/1.0\r\nHost: h\r\n\r\n"))
        #expect(old["Transfer-Encoding"] == nil)
        #expect(old["Connection"] == "close")
        #expect(old.text == "until the end")
    }

    @Test func answersWithoutABodyKeepWhatTheyDeclare() throws {
        let server = ScriptedServer { connection, _ in
            while let head = connection.head() {
                if head.hasPrefix("HEAD") { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n") }
                if head.hasPrefix("GET /304") { connection.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n") }
                if head.hasPrefix("GET /204") { connection.send("HTTP/1.1 204 No Content\r\n\r\n") }
            }
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(client.answer(to: "HEAD")?["Content-Length"] == "77")
        client.get("/304")
        #expect(client.answer()?["ETag"] == "\"x\"")
        client.get("/204")
        #expect(client.answer()?.status == 204)
        #expect(server.connectionCount == 1)
    }

    @Test func fieldsOfTheConnectionStayOnIt() throws {
        let server = ScriptedServer { connection, _ in
            guard let head = connection.head() else { return }
            connection.send(
                "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nX-End: 1\r\nContent-Length: "
                    + "\(head.utf8.count)\r\n\r\n" + head)
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let answer = try #require(
            proxy.get(
                "/", "Connection: close, X-Mine", "X-Mine: 1", "Keep-Alive: 1", "Proxy-Connection: 1", "TE: trailers, gzip", "Proxy: evil",
                "X_Forwarded_For: 6.6.6.6", "X-Forwarded-Host: evil", "Forwarded: for=evil", "X-Real-IP: 6.6.6.6", "X-Original-URL: /admin",
                "X-Deployment-Id: mine", "X_Deployment-id: mine", "Last: 1"))
        #expect(answer["X-Hop"] == nil)
        #expect(answer["Keep-Alive"] == nil)
        #expect(answer["X-End"] == "1")
        let head = answer.text.lowercased()
        for gone in ["x-mine", "keep-alive", "proxy", "evil", "6.6.6.6", "/admin", "mine"] {
            #expect(!head.contains(gone), "\(gone) in \(head)")
        }
        #expect(head.contains("\r\nlast: 1\r\n"))
        #expect(head.contains("\r\nte: trailers\r\n"))
    }

    @Test func unixSocketsAreServersToo() throws {
        let server = ScriptedServer.echoing(unix: "/tmp/tandem-proxy-\(getpid()).sock")
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        #expect(proxy.get("/")?.status == 200)
    }

    @Test func webSocketsArePassedAsTheyCome() throws {
        let server = ScriptedServer { connection, _ in
            guard let head = connection.head(), head.contains("\r\nUpgrade: websocket\r\n"), head.contains("\r\nConnection: Upgrade\r\n")
            else { return }
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: 1\r\n\r\nfirst")
            while true {
                let bytes = connection.read(4)
                if bytes.isEmpty || bytes == Array("quit".utf8) { return }
                connection.send(bytes.reversed())
            }
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\nearl")
        let head = try #require(client.head())
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(head.contains("\r\nUpgrade: websocket\r\n"))
        #expect(head.contains("\r\nX-Key: 1\r\n"))
        #expect(String(decoding: client.read(9), as: UTF8.self) == "firstlrae")
        client.send("1234")
        #expect(client.read(4) == Array("4321".utf8))
        client.send("quit")
        #expect(client.rest().end == .closed)
        #expect(proxy.reports.until(1).first?.status == 101)
    }

    /// The end of the client's half comes behind what the server has not taken yet.
    @Test func theEndOfOneHalfComesBehindItsBytes() throws {
        let seen = Mutex(0)
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
            // So that bytes pile up in front of it.
            usleep(200_000)
            let count = connection.rest().bytes.count
            seen.withLock { $0 = count }
            connection.send("that was all")
        }
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        for extra in [0, 1_000, 70_000] {
            let client = proxy.connect()
            client.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
            _ = try #require(client.head())
            #expect(client.send([UInt8](repeating: 1, count: 12_000_000 + extra)))
            client.finishSending()
            let rest = client.rest()
            #expect(String(decoding: rest.bytes, as: UTF8.self) == "that was all" && rest.end == .closed)
            #expect(seen.withLock { $0 } == 12_000_000 + extra)
        }
    }

    @Test func aServerThatRefusesTheUpgradeIsHeard() throws {
        let server = ScriptedServer { connection, _ in
            while connection.head() != nil { connection.send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n") }
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        for _ in 0..<2 {
            client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            #expect(client.answer()?.status == 426)
        }
    }
}
