import Glibc
import Sockets
import Testing

@testable import HTTPEngine

/// The end of a generation as its connections meet it. Clients never ask twice.
@Suite struct DrainTests {
    private static let limits = DrainLimits(idle: .seconds(300), request: .seconds(300), transfer: .seconds(600))

    /// In the same millisecond as the drain, some before and some after it: each is answered, whole.
    @Test(arguments: Carrier.allCases) func aPostAtTheMomentOfTheDrainIsAnswered(carrier: Carrier) throws {
        // 10,000 plain; a handshake costs more than all the rest.
        let rounds = carrier == .plain ? 100 : 5
        var (answered, last) = (0, 0)
        for round in 0..<rounds {
            let engine = try TestEngine(carrier)
            let clients = (0..<100).map { _ in TestClient(engine) }
            for client in clients { client.get("/hello") }
            for client in clients { #expect(client.answer()?.status == 200) }
            for (index, client) in clients.enumerated() {
                if index == round * 100 / rounds { engine.thread.drain(Self.limits) }
                #expect(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"))
            }
            for client in clients {
                let answer = client.answer()
                if answer?.status == 200, answer?.text == "body" { answered += 1 }
                if answer?.connection == "close" { last += 1 }
            }
            engine.end()
        }
        #expect(answered == rounds * 100)
        // Both sides of the moment were met.
        #expect(last > 0 && last < rounds * 100)
    }

    @Test func everythingThatIsQueuedIsAcceptedBeforeTheListenerCloses() throws {
        let engine = try TestEngine(.plain)
        var clients: [TestClient] = []
        engine.whileBusy {
            clients = (0..<200).map { _ in TestClient(engine) }
            for client in clients { client.get("/hello") }
            engine.thread.drain(Self.limits)
            close(engine.socket.descriptor)
        }
        for client in clients { #expect(client.answer()?.status == 200) }
        engine.thread.stop(grace: .zero)
        engine.thread.join()
    }

    /// Its last answer said nothing of an end, since it came before the drain.
    @Test func aConnectionWhoseUploadEndsInADrainIsClosedAsAnIdleOne() throws {
        let engine = try TestEngine(.plain)
        let client = TestClient(engine)
        client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
        #expect(client.answer()?.status == 413)
        engine.thread.drain(DrainLimits(idle: .zero, request: .seconds(30), transfer: .seconds(600)))
        client.send("half")
        #expect(client.end() == .closed)
        engine.thread.join()
        close(engine.socket.descriptor)
    }

    @Test func aConnectionWhoseUploadEndsInAStopIsClosedAtOnce() throws {
        let engine = try TestEngine(.plain)
        let client = TestClient(engine)
        client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
        #expect(client.answer()?.status == 413)
        engine.thread.stop(grace: .seconds(20))
        client.send("half")
        #expect(client.end() == .closed)
        engine.thread.join()
        close(engine.socket.descriptor)
    }
}
