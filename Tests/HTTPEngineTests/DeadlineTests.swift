import Glibc
import Testing

@testable import HTTPEngine

extension EngineTests {
    @Suite struct DeadlineTests {
        /// All deadlines at once: each client trickles every 18 s for three minutes, with limits of a minute.
        @Test(arguments: Carrier.allCases)
        func slowPeersAreCutOffAndHealthyOnesAreNot(_ carrier: Carrier) throws {
            var limits = EngineLimits()
            limits.headSeconds = 60
            limits.idleSeconds = 60
            limits.stallSeconds = 60
            limits.handshakeSeconds = 60
            let engine = try TestEngine(carrier, limits: limits)
            defer { engine.end() }

            let slowHead = TestClient(engine)
            slowHead.send("GET / HTTP/1.1\r\nHost: h\r\nA: ")
            let idle = TestClient(engine)
            idle.get("/hello")
            #expect(idle.answer()?.text == "hello")
            let mute = TestClient(engine)
            let slowBody = TestClient(engine)
            slowBody.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
            let slowReader = TestClient(engine)
            slowReader.send(String(repeating: "GET /block HTTP/1.1\r\nHost: h\r\n\r\n", count: 500))
            // Healthy: 8 KB in every 18 s.
            let upload = TestClient(engine)
            upload.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 81920\r\n\r\n")
            // Healthy: each packet ends in the middle of the next head.
            let overlapping = TestClient(engine)
            overlapping.send("GET /a HT")
            // Not theirs to answer for: the handler takes its time, and a request waits behind it.
            let waiting = TestClient(engine)
            waiting.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")

            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            for _ in 0..<10 {
                slowHead.send("x")
                slowBody.send("x")
                #expect(upload.send([UInt8](repeating: 0x75, count: 8 * 1024)))
                overlapping.send("TP/1.1\r\nHost: h\r\n\r\nGET /a HT")
                #expect(overlapping.answer()?.text == "/a")
                engine.advance(seconds: 18)
            }
            #expect(slowHead.answer()?.status == 408)
            #expect(slowHead.end() == .closed)
            #expect(idle.end() == .closed)
            #expect(mute.end() == .closed)
            #expect(slowBody.answer()?.status == 408)
            #expect(upload.answer()?.body.count == 81_920)
            // An idle connection by now.
            #expect(engine.ask { handler, _ in handler.waiting.count } == 1)
            engine.ask { handler, _ in handler.answerAll() }
            #expect(waiting.answer()?.text == "l")
            #expect(waiting.answer()?.text == "/b")
            var received = 0
            while slowReader.answer() != nil { received += 1 }
            #expect(received < 500)
            let reasons = engine.ask { handler, _ in Set(handler.refusals.map(\.reason)) }
            #expect(reasons == [.headTooSlow, .bodyTooSlow])
            #expect(engine.ask { handler, _ in handler.refusals.count } == 2)
        }
    }

    @Suite struct StoppingTests {
        @Test(arguments: Carrier.allCases)
        func stoppingLetsRunningExchangesFinish(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let idle = TestClient(engine)
            idle.get("/hello")
            #expect(idle.answer()?.connection == nil)
            let running = TestClient(engine)
            running.get("/late")
            // Has connected and not asked yet: its first request is on the way.
            let fresh = TestClient(engine)
            let half = TestClient(engine)
            half.send("GET /half HT")
            #expect(engine.until { handler, loop in handler.waiting.count == 1 && loop.connectionCount == 4 })
            engine.thread.stop(grace: .seconds(300))
            #expect(idle.end() == .closed)
            fresh.get("/hello")
            #expect(fresh.answer()?.connection == "close")
            #expect(fresh.end() == .closed)
            half.send("TP/1.1\r\nHost: h\r\n\r\n")
            #expect(half.answer()?.connection == "close")
            engine.ask { handler, _ in handler.answerAll() }
            let answer = running.answer()
            #expect(answer?.text == "l")
            #expect(answer?.connection == "close")
            #expect(running.end() == .closed)
            for client in [idle, running, fresh, half] { client.leave() }
            engine.thread.join()
        }

        /// An idle connection may have a request in the kernel that the loop has not seen yet.
        @Test(arguments: Carrier.allCases)
        func aRequestThatCrossesWithTheStopIsAnswered(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/hello")
            #expect(client.answer()?.text == "hello")
            // The stop and then the request arrive while the loop is busy: it hears of the stop first.
            engine.whileBusy {
                engine.thread.stop(grace: .seconds(300))
                client.get("/a")
            }
            let answer = client.answer()
            #expect(answer?.text == "/a")
            #expect(answer?.connection == "close")
            #expect(client.end() == .closed)
            client.leave()
            engine.thread.join()
        }

        @Test(arguments: Carrier.allCases)
        func theGraceEndsThoughAnAnswerIsMissing(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/late")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            let begin = ContinuousClock.now
            engine.thread.stop(grace: .milliseconds(200))
            engine.thread.join()
            #expect(client.answer() == nil)
            // Less than a second is not nothing; the loop's clock is coarse by 4 ms.
            #expect(ContinuousClock.now - begin >= .milliseconds(190))
        }

        /// It does not find out at its next second.
        @Test func theLoopWakesForTheEndOfTheGrace() {
            let loop = LoopContext(limits: EngineLimits())
            #expect(loop.nextWait == 1000)
            loop.stopBy = loop.clock.monotonic + 200
            #expect(loop.nextWait == 200)
            loop.stopBy = loop.clock.monotonic
            #expect(loop.nextWait == 0)
        }

        @Test(arguments: Carrier.allCases)
        func aSecondStopCutsTheGraceShort(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/late")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            let begin = ContinuousClock.now
            engine.thread.stop(grace: .seconds(3600))
            engine.thread.stop(grace: .zero)
            engine.thread.join()
            #expect(ContinuousClock.now - begin < .seconds(1800))
        }

        @Test(arguments: Carrier.allCases)
        func aLoopThatDrainsGoesOnTakingConnections(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let idle = TestClient(engine)
            idle.get("/hello")
            #expect(idle.answer()?.connection == nil)
            engine.thread.mailbox.post { $0.beginDraining() }
            // Mail is read in order: with this answer the loop drains.
            _ = engine.ask { _, loop in loop.isDraining }
            let fresh = TestClient(engine)
            for client in [idle, fresh] {
                client.get("/hello")
                #expect(client.answer()?.connection == "close")
                #expect(client.end() == .closed)
                client.leave()
            }
        }

        @Test(arguments: Carrier.allCases)
        func whatWaitsInTheQueueIsServed(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            // The connection comes while the loop is busy: it hears of the stop first.
            let client = TestClient(engine, connects: false)
            engine.whileBusy {
                engine.thread.stop(grace: .seconds(300))
                client.connectPlainly(to: engine)
            }
            client.shakeHands()
            client.get("/hello")
            #expect(client.answer()?.connection == "close")
            client.leave()
            engine.thread.join()
        }

        @Test func theNextLoopServesWhatThisOneNoLongerAccepts() throws {
            let first = try TestEngine(.plain)
            defer { first.end() }
            first.thread.stop(grace: .seconds(300))
            first.thread.join()
            // Waits in the queue of the socket, which belongs to neither.
            let client = TestClient(first)
            client.get("/hello")
            let second = try EngineThread(
                entrances: [Entrance(first.socket)], makeHandler: { _ in TestHandler(file: nil) },
                failure: { _ in })
            #expect(client.answer()?.text == "hello")
            second.stop(grace: .zero)
            second.join()
        }
    }
}
