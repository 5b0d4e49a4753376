import Foundation
import Glibc
import TestPatience
import Testing

/// What passes from one generation to the next: listening sockets with all that is queued on them, and the content
/// (`processes.md`, Proof).
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct HandoverTests {
    let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
    }

    /// How many reloads, in a run that takes its time: `TANDEM_RELOADS`.
    private static let reloads = getenv("TANDEM_RELOADS").flatMap { Int(String(cString: $0)) } ?? 6

    private var configuration: String {
        String(decoding: FileManager.default.contents(atPath: "\(bench.root)/tandem.yaml") ?? Data(), as: UTF8.self)
    }

    private func configure(_ lines: String) throws { try bench.write("tandem.yaml", lines + "\n" + configuration) }

    /// Returns when one generation lives.
    private func settle() throws { #expect(try eventually { try bench.generations().numbers.count == 1 }) }

    @Test func theListeningSocketStaysTheSameAndNothingPilesUp() throws {
        try configure("drain: {idle: 0s}")
        let server = try bench.serve()
        try bench.done("reload")
        try settle()
        let socket = ProcessTable.listeners(server.port)
        let supervisor = ProcessTable.descriptors(server.process.pid)
        let worker = ProcessTable.descriptors(pid_t(try bench.generations().serving))
        #expect(socket.count == 1 && supervisor > 0 && worker > 0)
        for turn in 0..<Self.reloads {
            try bench.done(turn % 3 == 2 ? "upgrade" : "reload")
            #expect(ProcessTable.listeners(server.port) == socket)
        }
        try settle()
        // After an upgrade the image before is held open.
        #expect(eventually { ProcessTable.descriptors(server.process.pid) <= supervisor + 1 })
        let last = pid_t(try bench.generations().serving)
        #expect(eventually { abs(ProcessTable.descriptors(last) - worker) <= 1 })
        #expect(server.stop().code == 0)
    }

    /// `ss` tells a listener's backlog as the room that its queue has.
    @Test(.enabled(if: access("/usr/bin/ss", X_OK) == 0)) func theBacklogStaysTheSame() throws {
        let server = try bench.serve()
        func backlog() throws -> String {
            let asking = Process()
            asking.executableURL = URL(filePath: "/usr/bin/ss")
            asking.arguments = ["-Hltn", "sport = :\(server.port)"]
            let pipe = Pipe()
            asking.standardOutput = pipe
            try asking.run()
            asking.waitUntilExit()
            let line = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            return line.split(separator: " ", omittingEmptySubsequences: true).dropFirst(2).first.map(String.init) ?? ""
        }
        let before = try backlog()
        try bench.done("reload")
        try bench.done("upgrade")
        #expect(try backlog() == before && before == "4096")
        #expect(server.stop().code == 0)
    }

    private func queue(_ count: Int, _ server: Server) throws -> [Client] {
        try (0..<count).map { _ in
            let client = try Client(port: server.port)
            try client.ask("/")
            return client
        }
    }

    @Test func whatIsQueuedOnAStoppedWorkerIsServedByTheNext() throws {
        let server = try bench.serve()
        let worker = pid_t(try bench.generations().serving)
        kill(worker, SIGSTOP)
        let queued = try queue(200, server)
        // The machine asks the old one for nothing before the new one serves.
        let reload = try bench.start(["reload"])
        try server.expect("generation 2 (process")
        kill(worker, SIGCONT)
        #expect(reload.wait().code == 0)
        for client in queued { #expect(try client.answer("/").status == 200) }
        #expect(server.stop().code == 0)
    }

    /// It says that it has closed, and ends, before the supervisor hears either: the next image must know of both.
    @Test func aWorkerThatEndsAsTheImageIsReplacedIsKnownToTheNext() throws {
        let server = try bench.serve()
        let worker = pid_t(try bench.generations().serving)
        kill(worker, SIGSTOP)
        let upgrade = try bench.start(["upgrade"])
        try server.expect("generation 2 (process")
        server.process.signal(SIGSTOP)
        kill(worker, SIGCONT)
        #expect(eventually { !ProcessTable.isAlive(worker) })
        server.process.signal(SIGCONT)
        #expect(upgrade.wait().code == 0)
        #expect(try bench.generations().numbers == [2])
        #expect(server.stop().code == 0)
    }

    @Test func whatIsQueuedOnAnAddressThatGoesIsServedFirst() throws {
        let server = try bench.serve()
        let path = "\(bench.root)/http.sock"
        let worker = pid_t(try bench.generations().serving)
        kill(worker, SIGSTOP)
        let queued = try queue(200, server)
        try bench.write("tandem.yaml", configuration.replacingOccurrences(of: "127.0.0.1:0", with: "unix:\(path)"))
        let reload = try bench.start(["reload"])
        try server.expect("generation 2 (process")
        kill(worker, SIGCONT)
        #expect(reload.wait().code == 0)
        for client in queued { #expect(try client.answer("/").status == 200) }
        #expect(eventually { (try? Client(port: server.port)) == nil })
        #expect(server.stop().code == 0)
    }

    @Test func whatIsQueuedWhenTheNodeStopsIsServedFirst() throws {
        let server = try bench.serve()
        let worker = pid_t(try bench.generations().serving)
        kill(worker, SIGSTOP)
        let queued = try queue(200, server)
        server.process.signal(SIGTERM)
        try server.expect("stopping")
        kill(worker, SIGCONT)
        for client in queued { #expect(try client.answer("/").status == 200) }
        #expect(server.process.wait().code == 0)
    }

    /// A site of files refuses bodies; it reads them all the same.
    @Test(arguments: ["Content-Length: 10", "Transfer-Encoding: chunked"])
    func aBodyThatIsSplitAroundTheDrainIsTakenWhole(framing: String) throws {
        let isChunked = framing.hasPrefix("T")
        let server = try bench.serve()
        let client = try Client(port: server.port)
        try client.write("POST / HTTP/1.1\r\nHost: shop.test\r\n\(framing)\r\n\r\n" + (isChunked ? "a\r\n01234" : "01234"))
        #expect(try client.answer("/").status == 405)
        try bench.done("reload")
        try client.write(isChunked ? "56789\r" : "56789")
        if isChunked { try client.write("\n0\r\n\r\n") }
        let next = try client.get("/")
        #expect(next.status == 200 && next.fields["connection"] == "close")
        #expect(try eventually { try bench.generations().numbers.count == 1 })
        #expect(server.stop().code == 0)
    }

    @Test func aTransferThatEndsInADrainLeavesAConnectionThatEnds() throws {
        try configure("drain: {idle: 1s}")
        let server = try bench.serve()
        let client = try Client(port: server.port)
        try client.write("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10\r\n\r\n01234")
        #expect(try client.answer("/").status == 405)
        try bench.done("reload")
        usleep(1_200_000)
        #expect(try bench.generations().numbers.count == 2)
        try client.write("56789")
        try server.expect("generation 1 has ended")
        #expect(server.stop().code == 0)
    }

    @Test func aReleaseIsServedByThreeGenerationsAtOnce() throws {
        try configure("drain: {idle: 5m}")
        let server = try bench.serve()
        let old = try (0..<2).map { _ in
            let client = try Client(port: server.port)
            #expect(try client.get("/").status == 200)
            // From its end on every new connection is the new generation's.
            try bench.done("reload")
            return client
        }
        #expect(try bench.generations().numbers.count == 3)
        let two = try bench.publish(2, "--activate")
        // The command returns when it is so everywhere.
        for client in old { #expect(try client.get("/").fields["x-deployment-id"] == two) }
        #expect(try Client(port: server.port).get("/").fields["x-deployment-id"] == two)
        server.process.signal(SIGINT)
        #expect(server.process.wait().code == 0)
    }

    /// Whoever has seen the new page on one generation may ask another for what it names.
    @Test func theNamesOfANewPageAreKnownToTheGenerationThatDrains() throws {
        try configure("drain: {idle: 5m}")
        let server = try bench.serve()
        // The first answer in a drain is a connection's last.
        let old = try (2...6).map { version in
            let client = try Client(port: server.port)
            #expect(try client.get("/").status == 200)
            try bench.build(version)
            return (version, client)
        }
        try bench.done("reload")
        let fresh = try Client(port: server.port)
        for (version, client) in old {
            let publishing = try bench.start(["publish", "v\(version)", "--activate"])
            let name = try #require(Bench.files(version).keys.filter { Bench.files(version - 1)[$0] == nil && $0 != "index.html" }.min())
            #expect(try eventually { try fresh.get("/").text.contains("<title>\(version)</title>") })
            #expect(try client.get("/\(name)").status == 200)
            #expect(publishing.wait().code == 0)
        }
        server.process.signal(SIGINT)
        #expect(server.process.wait().code == 0)
    }

    /// A client that does not answer the drain's ping may go on for up to a second: a busy machine needs some attempts.
    @Test func aReleaseIsServedOverAnOldHTTP2ConnectionToo() throws {
        try configure("drain: {idle: 0s}\ngenerations: {maximum: 9}")
        let server = try bench.serve()
        let ids = [try bench.publish(2), try bench.publish(3)]
        var attempt = 0
        let isSeen = try eventually {
            attempt += 1
            let old = try StreamClient(port: server.port)
            #expect(try old.get("/").hasPrefix("<!doctype html>"))
            try bench.done("reload")
            try bench.done("release", "activate", ids[attempt % 2])
            guard let page = try? old.get("/") else { return false }
            #expect(page.contains("<title>\(attempt % 2 + 2)</title>"))
            return true
        }
        #expect(isSeen)
        #expect(server.stop().code == 0)
    }
}
