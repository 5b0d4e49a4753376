import Files
import Glibc
import TestSeeds
import Testing

@testable import HTTPEngine

extension EngineTests {
    /// Bodies in both directions.
    @Suite struct TransferTests {
        private static let path = "/tmp/tandem-engine-large-\(getpid())"

        private static func makeFile(_ count: Int) throws -> (OpenFile, [UInt8]) {
            // Blocks of noise, each with its number: a block that is left out or comes twice is seen.
            var random = SeededGenerator(seed: 7)
            let noise = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            for number in 0..<(count / 4_100) {
                withUnsafeBytes(of: UInt32(number)) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: noise)
            }
            let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            defer { unlink(path) }
            return (try OpenFile(path: path), bytes)
        }

        @Test(arguments: Carrier.allCases, ["127.0.0.1:0", "unix:/tmp/tandem-engine-transfer-\(getpid()).sock"])
        func aLargeFileArrivesByteForByte(_ carrier: Carrier, _ address: String) throws {
            let (file, bytes) = try Self.makeFile(10 << 20)
            let engine = try TestEngine(carrier, address, file: file)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send(
                "GET /large HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
                    + "GET /region HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            )
            #expect(client.answer()?.body == bytes)
            #expect(client.answer()?.text == "hello")
            #expect(client.answer()?.body == [0x3c] + bytes[1_000..<200_000] + [0x3e])
            #expect(client.end() == .closed)
            #expect(engine.ask { $1.sentBytes } > UInt64(bytes.count + 199_000))
        }

        @Test(arguments: Carrier.allCases)
        func aReaderThatLeavesInTheMiddleOfAFileIsNoMatter(_ carrier: Carrier) throws {
            let (file, _) = try Self.makeFile(4 << 20)
            let engine = try TestEngine(carrier, file: file)
            defer { engine.end() }
            for _ in 0..<20 {
                let client = TestClient(engine)
                client.send(String(repeating: "GET /large HTTP/1.1\r\nHost: h\r\n\r\n", count: 4))
                #expect(engine.until { _, loop in loop.sentBytes > 0 })
                client.reset()
            }
            let last = TestClient(engine)
            last.get("/hello")
            #expect(last.answer()?.text == "hello")
            #expect(engine.until { _, loop in loop.connectionCount == 1 })
        }

        /// A Unix socket holds about 200 KB: what is beyond it and one batch must not have been made yet.
        @Test(arguments: Carrier.allCases)
        func aSlowReaderHoldsUpTheRequestsBehindIt(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier, "unix:/tmp/tandem-engine-slow-\(getpid()).sock")
            defer { engine.end() }
            let client = TestClient(engine)
            client.send(String(repeating: "GET /block HTTP/1.1\r\nHost: h\r\n\r\n", count: 200))
            #expect(client.answer(most: 1024)?.body.count == 64 * 1024)
            usleep(20_000)
            let begun = engine.ask { $1.requestCount }
            #expect(begun < 20, "\(begun) answers wait for a reader that took one")
            let block = [UInt8](repeating: 0x62, count: 64 * 1024)
            for _ in 1..<200 {
                let answer = client.answer(most: 1024)
                #expect(answer?.body == block)
            }
            #expect(engine.ask { $1.requestCount } == 200)
        }

        @Test(arguments: Carrier.allCases)
        func bodiesAreReadByLengthAndByChunks(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            #expect(client.answer()?.text == "hello")
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n")
            #expect(client.answer()?.text == "hello")
            var long: [UInt8] = []
            for index in 0..<300_000 {
                long += [UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8), 0, 1, 2, 3, 4, 5, 6, 7]
            }
            client.send(Array("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n".utf8) + long)
            #expect(client.answer()?.body == long)
            client.get("/hello")
            #expect(client.answer()?.text == "hello")
        }

        @Test(arguments: Carrier.allCases)
        func aBodyThatIsEmptyEndsAtOnce(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/echo", method: "POST")
            #expect(client.answer()?.text == "")
            client.get("/echo", "Content-Length: 0", method: "POST")
            #expect(client.answer()?.text == "")
        }

        @Test(arguments: Carrier.allCases)
        func aClientThatAsksToContinueIsToldTo(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/echo", "Expect: 100-continue", "Content-Length: 3", method: "POST")
            #expect(client.answer()?.status == 100)
            client.send("abc")
            #expect(client.answer()?.text == "abc")
            // Without a reader the final answer comes at once, and since the body may come or not, the connection ends.
            client.get("/plain", "Expect: 100-continue", "Content-Length: 3", method: "POST")
            let answer = client.answer()
            #expect(answer?.status == 200)
            #expect(answer?.connection == "close")
            #expect(client.end() == .closed)
        }

        @Test(arguments: Carrier.allCases)
        func aBodyThatNobodyReadsIsPassedOver(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            for framing in ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"] {
                for path in ["/plain", "/hello", "/late"] {
                    client.send("POST \(path) HTTP/1.1\r\nHost: h\r\n\(framing)")
                    if path == "/late" {
                        #expect(engine.until { handler, _ in handler.waiting.count == 1 })
                        engine.ask { handler, _ in handler.answerAll() }
                    }
                    #expect(client.answer()?.status == 200)
                }
            }
            client.get("/after")
            #expect(client.answer()?.text == "/after")
        }

        @Test(arguments: Carrier.allCases)
        func aBodyThatIsTooLongToPassOverEndsTheConnection(_ carrier: Carrier) throws {
            var limits = EngineLimits()
            limits.discardedBody = 1000
            let engine = try TestEngine(carrier, limits: limits)
            defer { engine.end() }
            let known = TestClient(engine)
            known.send("POST /plain HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
            #expect(known.answer()?.connection == "close")
            #expect(known.end() == .closed)
            let fits = TestClient(engine)
            fits.send("POST /plain HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000))
            #expect(fits.answer()?.connection == nil)
            fits.get("/hello")
            #expect(fits.answer()?.text == "hello")
            let chunked = TestClient(engine)
            chunked.send(
                "POST /plain HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + String(repeating: "x", count: 1001))
            #expect(chunked.answer()?.status == 200)
            #expect(chunked.end() == .closed)
        }

        /// Who answers later is not cheated of it by a body that nobody asked for.
        @Test(arguments: Carrier.allCases)
        func aLateAnswerIsGivenThoughTheBodyIsTooLong(_ carrier: Carrier) throws {
            var limits = EngineLimits()
            limits.discardedBody = 1000
            let engine = try TestEngine(carrier, limits: limits)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "x", count: 2000))
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            engine.ask { handler, _ in handler.answerAll() }
            let answer = client.answer()
            #expect(answer?.text == "l")
            #expect(answer?.connection == "close")
            #expect(client.end() == .closed)
        }

        @Test(arguments: Carrier.allCases)
        func aReaderIsLeftAloneOnceItHasAnswered(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
            #expect(client.answer()?.status == 413)
            client.send("def")
            client.get("/hello")
            #expect(client.answer()?.text == "hello")
            #expect(engine.ask { handler, _ in handler.bytesAfterAnswer } == 0)
        }

        /// A reader whose exchange was answered later with a prepared response must not see the next request's body.
        @Test(arguments: Carrier.allCases)
        func aReaderNeverSeesTheNextRequest(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("POST /late-body HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.text == "hello")
            client.send("POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ndef")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.text == "l")
            client.get("/late")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.text == "l")
        }

        @Test(arguments: Carrier.allCases)
        func aBodyThatBreaksOffIsToldOnce(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let half = TestClient(engine)
            half.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
            half.finishSending()
            #expect(half.end() == .closed)
            let gone = TestClient(engine)
            gone.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
            #expect(engine.until { _, loop in loop.requestCount == 2 })
            gone.reset()
            let bad = TestClient(engine)
            bad.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
            #expect(bad.answer()?.status == 400)
            #expect(bad.end() == .closed)
            bad.leave()
            half.leave()
            #expect(engine.until { _, loop in loop.connectionCount == 0 })
            #expect(engine.ask { handler, _ in handler.brokenBodies } == 3)
        }
    }
}
