import Foundation
import Glibc
import TestPatience
import Testing

/// A stand-in for systemd's end of `NOTIFY_SOCKET` (sd_notify(3)).
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(in bench: Bench) throws {
        path = "\(bench.root)/notify"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        try #require(code == 0)
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The next message, its fields by name; empty when none comes.
    func next() -> [String: String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        let lines = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n")
        return Dictionary(
            lines.map { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            }
        ) { first, _ in first }
    }

    /// The next message that is no sign of life.
    func nextState() -> [String: String] {
        while true {
            let message = next()
            if message != ["WATCHDOG": "1"] { return message }
        }
    }
}

/// Under a service manager: what it is told and in which order, sockets that it opens, its watchdog.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ServiceManagerTests {
    let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
    }

    private func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    private func expectReloading(_ message: [String: String], after begin: Int64) throws {
        #expect(message["RELOADING"] == "1")
        // systemd waits for ever without it, or with one from before its request.
        let told = try #require(message["MONOTONIC_USEC"].flatMap { Int64($0) })
        #expect(told >= begin && told <= microseconds())
    }

    @Test func itIsToldOfEachStateInOrder() throws {
        let socket = try NotifySocket(in: bench)
        let server = try bench.start(["serve"], ["NOTIFY_SOCKET": socket.path])
        let first = socket.next()
        #expect(first["READY"] == "1" && first["STATUS"]?.hasPrefix("Serving on 127.0.0.1:") == true, "\(first)")
        for command in ["reload", "upgrade", "reload"] {
            let begin = microseconds()
            try bench.done(command)
            try expectReloading(socket.next(), after: begin)
            #expect(socket.next()["READY"] == "1")
        }
        // A refused one is over as well.
        let path = "\(bench.root)/tandem.yaml"
        try bench.write(
            "tandem.yaml", "something: 1\n" + String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self))
        let begin = microseconds()
        server.signal(SIGHUP)
        try expectReloading(socket.next(), after: begin)
        #expect(socket.next()["READY"] == "1")
        server.signal(SIGTERM)
        #expect(socket.next()["STOPPING"] == "1")
        #expect(server.wait().code == 0)
    }

    @Test func itHearsASignOfLifeTwiceInTheTimeThatItAsksFor() throws {
        let socket = try NotifySocket(in: bench)
        let server = try bench.start(["serve"], ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "1000000"])
        #expect(socket.nextState()["READY"] == "1")
        for _ in 0..<2 {
            let begin = ContinuousClock.now
            for _ in 0..<3 { #expect(socket.next() == ["WATCHDOG": "1"]) }
            #expect(ContinuousClock.now - begin < .seconds(3))
            // And after an upgrade.
            try bench.done("upgrade")
            #expect(socket.nextState()["RELOADING"] == "1")
            #expect(socket.nextState()["READY"] == "1")
        }
        server.signal(SIGTERM)
        #expect(server.wait().code == 0)
    }

    /// The shell gives its descriptor 3 and becomes the server, as systemd does. Plain `sh` knows descriptors of one digit alone.
    private func serveActivated(_ listener: Int32) throws -> Running {
        let script = "exec 3<&\(listener); LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" serve"
        return try Running(["-c", script, Program.path], in: bench.root, environment: [:], program: "/bin/bash", inherited: listener)
    }

    @Test func socketsThatItOpenedAreTakenAndOutliveTheServer() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(listener, $0, length) == 0 && listen(listener, 128) == 0)
                getsockname(listener, $0, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let path = "\(bench.root)/tandem.yaml"
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        try bench.write("tandem.yaml", text.replacingOccurrences(of: "127.0.0.1:0", with: "127.0.0.1:\(port)"))
        let inode = ProcessTable.listeners(port)
        for _ in 0..<2 {
            // Nobody serves: the connection waits.
            let early = try Client(port: port)
            try early.ask("/")
            let server = try serveActivated(listener)
            #expect((try? early.answer("/"))?.status == 200, "\(server.error)")
            try bench.done("reload")
            #expect(try Client(port: port).get("/").status == 200)
            #expect(ProcessTable.listeners(port) == inode)
            server.killAll()
            #expect(server.wait().code == -SIGKILL)
        }
    }

    @Test(.enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0)) func theUnitsAreValid() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let units = package.appending(path: "Packaging/systemd")
        for name in ["tandem.service", "tandem.socket"] {
            // The binary that it names is not installed here, nor need its user be.
            let text = String(decoding: try Data(contentsOf: units.appending(path: name)), as: UTF8.self)
            try bench.write(name, text.replacingOccurrences(of: "/usr/local/bin/tandem", with: "/bin/true"))
        }
        let asking = Process()
        asking.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
        asking.arguments = ["verify", "--man=no", "\(bench.root)/tandem.socket", "\(bench.root)/tandem.service"]
        let pipe = Pipe()
        asking.standardError = pipe
        asking.standardOutput = pipe
        try asking.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        asking.waitUntilExit()
        let ours = said.split(separator: "\n").filter { $0.contains("tandem") }
        #expect(asking.terminationStatus == 0 && ours.isEmpty, "\(said)")
    }
}

/// As the first process of a container.
@Suite(
    .enabled(if: Program.isBuilt, Program.missing),
    .enabled(if: geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0, "needs root and unshare"))
struct FirstProcessTests {
    @Test func itServesReloadsCollectsTheChildrenOfOthersAndStops() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        // Its child leaves one behind, which ends later: nobody but process 1 can collect it.
        let script = "(sh -c 'sleep 0.3 & echo left' &) ; exec \"$0\" serve"
        let process = try Running(
            ["--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", script, Program.path], in: bench.root,
            environment: [:], program: "/usr/bin/unshare")
        let server = try Server(process)
        #expect(process.error.contains("ready (process 1,"))
        let first = try #require(ProcessTable.children(process.pid).first).process
        try bench.done("reload")
        try bench.done("upgrade")
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(eventually { !ProcessTable.children(first).contains { $0.state == "Z" } })
        #expect(ProcessTable.children(first).count <= 3)
        // For the first process of a container signals do nothing that it does not handle.
        kill(first, SIGTERM)
        #expect(process.wait().code == 0)
    }
}
