import Foundation
import Glibc
import Testing

/// What signals and `tandem stop` do to a server (`contract.md`, Signals).
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct StopTests {
    private let bench: Bench
    private let clock = ContinuousClock()

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
    }

    private func configure(_ lines: String...) throws {
        let path = "\(bench.root)/tandem.yaml"
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        try bench.write("tandem.yaml", lines.joined(separator: "\n") + "\n" + text)
    }

    /// Asks for something that takes longer than any stop: the client reads nothing of a large answer.
    private func busyClient(_ server: Server) throws -> Client {
        let client = try Client(port: server.port)
        try client.ask("/big.bin")
        return client
    }

    private func publishLargeFile() throws {
        try bench.build(2)
        try bench.write("v2/big.bin", String(repeating: "0123456789abcdef", count: 2 << 20))
        try bench.done("publish", "v2", "--activate")
    }

    private func waitFor(_ text: String, in server: Server) throws {
        let giveUp = clock.now + .seconds(10)
        while !server.process.error.contains(text) {
            try #require(server.process.isRunning && clock.now < giveUp, "\(server.process.error)")
            usleep(2_000)
        }
    }

    @Test func aRotatedAccessLogIsOpenedAnew() throws {
        try configure("log: {access: \(bench.root)/access.log}")
        let server = try bench.serve()
        let moved = "\(bench.root)/access.log.1"
        try FileManager.default.moveItem(atPath: "\(bench.root)/access.log", toPath: moved)
        server.process.signal(SIGUSR1)
        try waitFor("log files reopened", in: server)
        #expect(try Client(port: server.port).get("/?after").status == 200)
        #expect(server.stop().code == 0)
        #expect(FileManager.default.contents(atPath: moved)?.isEmpty == true)
        let lines = String(decoding: try #require(FileManager.default.contents(atPath: "\(bench.root)/access.log")), as: UTF8.self)
        #expect(lines.contains("/?after"))
    }

    @Test func withoutConnectionsAStopIsImmediate() throws {
        let server = try bench.serve()
        let begin = clock.now
        #expect(server.stop().code == 0)
        #expect(clock.now - begin < .seconds(2))
        #expect(!server.process.error.contains("\"level\":\"error\""))
    }

    @Test func whileItStopsHealthSaysSoAndThenNobodyIsTaken() throws {
        try publishLargeFile()
        try configure("drain: {idle: 1s, stop: 20s}")
        let server = try bench.serve()
        let busy = try busyClient(server)
        defer { busy.leave() }
        let idle = try Client(port: server.port)
        #expect(try idle.get("/.well-known/tandem/health").status == 200)
        server.process.signal(SIGTERM)
        try waitFor("stopping", in: server)
        // The snapshot that says so is on its way to the loops.
        var health = try Client(port: server.port).get("/.well-known/tandem/health")
        let giveUp = clock.now + .milliseconds(700)
        while health.status == 200, clock.now < giveUp { health = try Client(port: server.port).get("/.well-known/tandem/health") }
        #expect(health.status == 503)
        #expect(health.fields["connection"] == "close")
        let last = try idle.get("/")
        #expect(last.status == 200)
        #expect(last.fields["connection"] == "close")
        var isRefused = false
        let refusedBy = clock.now + .seconds(5)
        while !isRefused, clock.now < refusedBy {
            isRefused = (try? Client(port: server.port)) == nil
            usleep(10_000)
        }
        #expect(isRefused)
        #expect(server.process.isRunning)
        server.process.signal(SIGTERM)
        #expect(server.process.wait(seconds: 5).code == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aSecondSignalStopsNow(_ second: Int32) throws {
        try publishLargeFile()
        let server = try bench.serve()
        let busy = try busyClient(server)
        defer { busy.leave() }
        server.process.signal(SIGTERM)
        try waitFor("stopping", in: server)
        let begin = clock.now
        server.process.signal(second)
        #expect(server.process.wait(seconds: 10).code == 0)
        #expect(clock.now - begin < .seconds(3))
        #expect(server.process.error.contains("1 connection was cut off"))
        #expect(!server.process.error.contains("\"level\":\"error\""))
    }

    @Test func theTimeToStopIsKept() throws {
        try publishLargeFile()
        try configure("drain: {stop: 300ms}")
        let server = try bench.serve()
        let busy = try busyClient(server)
        defer { busy.leave() }
        let begin = clock.now
        #expect(server.stop().code == 0)
        #expect(clock.now - begin >= .milliseconds(290))
        #expect(clock.now - begin < .seconds(3))
    }

    @Test func stopWaitsForTheEnd() throws {
        let server = try bench.serve()
        let stopped = try bench.run("stop", "--json")
        #expect(stopped.code == 0, "\(stopped.error)")
        #expect(try stopped.object()["process"] as? Int == Int(server.process.pid))
        let giveUp = clock.now + .seconds(2)
        while server.process.isRunning, clock.now < giveUp { usleep(1_000) }
        #expect(!server.process.isRunning)
        let nobody = try bench.run("stop")
        #expect(nobody.code == 1)
        #expect(nobody.error.contains("nothing to stop"))
        try bench.expectClean()
    }
}
