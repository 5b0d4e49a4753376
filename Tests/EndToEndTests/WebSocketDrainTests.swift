import Foundation
import Glibc
import Synchronization
import TestPatience
import Testing

/// WebSockets and event streams over reload and upgrade (`processes.md`, Drain): they go on to their limit, and end without harm.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct WebSocketDrainTests {
    let bench: Bench
    let echo: EchoServer

    init() throws {
        bench = try Bench(hasConfiguration: false)
        echo = try EchoServer()
        try bench.write(
            "tandem.yaml",
            """
            data: \(bench.root)/data
            listen: [{address: 127.0.0.1:0}]
            drain: {idle: 1s, websocket: 4s, stop: 8s}
            sites:
              default:
                hosts: ["*"]
                routes: [{path: /*, proxy: {backend: app}}]
                backends: {app: {servers: [{url: "http://127.0.0.1:\(echo.port)"}]}}

            """)
    }

    private func figure(_ name: String) throws -> Int {
        let report = try bench.run("status", "--json").object()
        let list = try #require(report["generations"] as? [[String: Any]])
        return list.compactMap { $0[name] as? Int }.reduce(0, +)
    }

    /// What one client has met.
    private struct Visit {
        var echoes = 0
        var ended: ContinuousClock.Instant?
        var last: WebSocketFrame?
        var isCleanEnd = false
        var fault: String?
    }

    /// Echoes until it is told that it is over, and answers that.
    private static func visit(_ port: UInt16, _ number: Int, _ note: (Visit) -> Void) {
        var visit = Visit()
        do {
            let client = try WebSocketClient(port: port, path: "/echo")
            while true {
                let sent = WebSocketFrame(
                    opcode: WebSocketFrame.binary, payload: [UInt8](repeating: UInt8(visit.echoes & 255), count: 10 + number * 5_000))
                try client.send(sent)
                let came = try client.receive()
                if came.opcode == WebSocketFrame.close {
                    visit.last = came
                    try client.send(came)
                    visit.isCleanEnd = client.isAtEnd()
                    break
                }
                guard came == sent else { throw ClientError(description: "another echo: \(came.payload.count) bytes") }
                visit.echoes += 1
                note(visit)
                usleep(10_000)
            }
        } catch { visit.fault = "\(error)" }
        visit.ended = .now
        note(visit)
    }

    @Test(arguments: ["reload", "upgrade"]) func echoesGoOnToTheLimitAndThenBothSidesHear1001(change: String) throws {
        let server = try bench.serve()
        let visits = Mutex([Visit](repeating: Visit(), count: 12))
        let over = DispatchGroup()
        for number in 0..<12 {
            over.enter()
            Thread {
                Self.visit(server.port, number) { visit in visits.withLock { $0[number] = visit } }
                over.leave()
            }.start()
        }
        #expect(eventually { visits.withLock { $0.allSatisfy { $0.echoes > 2 } } })
        #expect(try eventually { try figure("webSockets") == 12 })
        let (begin, before) = (ContinuousClock.now, visits.withLock { $0.map(\.echoes) })
        try bench.done(change)
        #expect(over.wait(timeout: .now() + 60) == .success)
        let all = visits.withLock { $0 }
        for (visit, before) in zip(all, before) {
            #expect(visit.fault == nil)
            #expect(visit.last == .closing(1001))
            #expect(visit.isCleanEnd)
            #expect(visit.echoes > before, "they go on meanwhile")
        }
        let ends = all.compactMap { $0.ended.map { $0 - begin } }
        // Not before the last quarter of four seconds.
        #expect(ends.allSatisfy { $0 > .milliseconds(2_900) }, "\(ends)")
        #expect(eventually { echo.closeCodes.count == 12 })
        #expect(echo.closeCodes.allSatisfy { $0 == 1001 })
        #expect(try eventually { try bench.generations().states == ["serving"] })
        #expect(!server.process.error.contains("closed by a limit of the drain"))
        #expect(server.stop().code == 0)
        echo.end()
    }

    @Test func aLargeFrameThatIsUnderWayAtTheLimitIsCompleted() throws {
        let server = try bench.serve()
        let client = try WebSocketClient(port: server.port, path: "/large")
        // Half a frame the other way as well.
        let sent = WebSocketFrame(opcode: WebSocketFrame.text, payload: [UInt8](repeating: 0x61, count: 1_000))
        let bytes = sent.bytes(mask: WebSocketClient.mask)
        try client.connection.write(Array(bytes[..<500]))
        try bench.done("reload")
        #expect(try eventually { try figure("concluded") == 1 })
        #expect(echo.closeCodes.isEmpty)
        echo.goOn()
        let large = try client.receive()
        #expect(large.payload.count == EchoServer.largeCount && large.payload.allSatisfy { $0 == 7 })
        #expect(try client.receive() == .closing(1001))
        try client.connection.write(Array(bytes[500...]) + WebSocketFrame.closing(1001).bytes(mask: WebSocketClient.mask))
        #expect(client.isAtEnd())
        #expect(eventually { echo.closeCodes == [1001] })
        #expect(server.stop().code == 0)
        echo.end()
    }

    /// The time that is left is shared out, and a stop does not wait for its end.
    @Test func aStopEndsThemTheSameWay() throws {
        let server = try bench.serve()
        let client = try WebSocketClient(port: server.port, path: "/echo")
        let text = WebSocketFrame(opcode: WebSocketFrame.text, payload: Array("hello".utf8))
        try client.send(text)
        #expect(try client.receive() == text)
        server.process.signal(SIGTERM)
        #expect(try client.receive() == .closing(1001))
        try client.send(.closing(1001))
        #expect(client.isAtEnd())
        #expect(server.process.wait().code == 0)
        #expect(eventually { echo.closeCodes == [1001] })
        echo.end()
    }

    @Test func anEventStreamEndsBehindAWholeEvent() throws {
        let server = try bench.serve()
        let client = try Client(port: server.port)
        try client.ask("/events")
        #expect(try client.answer("/events").status == 200)
        #expect(try eventually { try figure("eventStreams") == 1 })
        let begin = ContinuousClock.now
        try bench.done("reload")
        // Chunks, the last one empty.
        var text = ""
        while true {
            var line = ""
            while !line.hasSuffix("\r\n") { line += String(decoding: try client.take(1), as: UTF8.self) }
            let count = try #require(Int(line.dropLast(1), radix: 16))
            let piece = try client.take(count + 2)
            if count == 0 { break }
            text += String(decoding: piece.dropLast(2), as: UTF8.self)
        }
        #expect(text.hasSuffix("x\n\n"))
        let numbers = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
        #expect(numbers == Array(0..<numbers.count) && ContinuousClock.now - begin > .milliseconds(2_900))
        #expect(server.stop().code == 0)
        echo.end()
    }
}
