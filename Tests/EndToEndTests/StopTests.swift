import Foundation
import Glibc
import TestPatience
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

    @Test func aRotatedAccessLogIsOpenedAnew() throws {
        try configure("log: {access: \(bench.root)/access.log}")
        let server = try bench.serve()
        let moved = "\(bench.root)/access.log.1"
        try FileManager.default.moveItem(atPath: "\(bench.root)/access.log", toPath: moved)
        server.process.signal(SIGUSR1)
        try server.expect("log files reopened")
        #expect(try Client(port: server.port).get("/?after").status == 200)
        #expect(server.stop().code == 0)
        #expect(FileManager.default.contents(atPath: moved)?.isEmpty == true)
        let lines = String(decoding: try #require(FileManager.default.contents(atPath: "\(bench.root)/access.log")), as: UTF8.self)
        #expect(lines.contains("/?after"))
    }

    @Test func withoutConnectionsAStopWaitsForNothing() throws {
        try configure("drain: {idle: 5m, request: 5m, stop: 5m}")
        let server = try bench.serve()
        #expect(server.stop().code == 0)
        #expect(!server.process.error.contains("\"level\":\"error\""))
    }

    @Test func whileItStopsHealthSaysSoAndThenNobodyIsTaken() throws {
        try publishLargeFile()
        try configure("drain: {idle: 5s, stop: 5m}")
        let server = try bench.serve()
        let busy = try busyClient(server)
        defer { busy.leave() }
        let idle = try Client(port: server.port)
        #expect(try idle.get("/.well-known/tandem/health").status == 200)
        server.process.signal(SIGTERM)
        try server.expect("stopping")
        // The snapshot that says so is on its way to the loops.
        #expect(
            try eventually {
                let health = try Client(port: server.port).get("/.well-known/tandem/health")
                return health.status == 503 && health.fields["connection"] == "close"
            })
        let last = try idle.get("/")
        #expect(last.status == 200)
        #expect(last.fields["connection"] == "close")
        #expect(eventually { (try? Client(port: server.port)) == nil })
        #expect(server.process.isRunning)
        server.process.signal(SIGTERM)
        #expect(server.process.wait().code == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aSecondSignalStopsNow(_ second: Int32) throws {
        try publishLargeFile()
        try configure("drain: {stop: 5m}")
        let server = try bench.serve()
        let busy = try busyClient(server)
        defer { busy.leave() }
        server.process.signal(SIGTERM)
        try server.expect("stopping")
        server.process.signal(second)
        #expect(server.process.wait().code == 0)
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
    }

    @Test func stopWaitsForTheEnd() throws {
        let server = try bench.serve()
        let stopped = try bench.run("stop", "--json")
        #expect(stopped.code == 0, "\(stopped.error)")
        #expect(try stopped.object()["process"] as? Int == Int(server.process.pid))
        #expect(eventually { !server.process.isRunning })
        let nobody = try bench.run("stop")
        #expect(nobody.code == 1)
        #expect(nobody.error.contains("nothing to stop"))
        try bench.expectClean()
    }
}
