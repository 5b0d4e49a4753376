import Foundation
import Glibc
import TestPatience
import Testing

/// A new generation that does not come to serve, or does not live (`processes.md`, Proof). The old one is untouched, and the next
/// change works.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct NewGenerationTests {
    let bench: Bench
    let program: String

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
        program = "\(bench.root)/tandem"
    }

    private func configure(_ lines: String) throws {
        let path = "\(bench.root)/tandem.yaml"
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        try bench.write("tandem.yaml", lines + "\n" + text)
    }

    private func serve() throws -> Server {
        try bench.install(Program.path, as: program)
        return try Server(Running(["serve"], in: bench.root, environment: [:], program: program))
    }

    /// Stands in for a new binary: the configuration it validates as the real one does, and then it does something else.
    private func installBinary(_ act: String) throws {
        let script = """
            #!/bin/sh
            echo >> \(bench.root)/calls
            [ $(wc -l < \(bench.root)/calls) = 1 ] && exec \(Program.path) "$@"
            \(act)
            """
        unlink("\(bench.root)/calls")
        try bench.write("script", script)
        chmod("\(bench.root)/script", 0o755)
        try bench.install("\(bench.root)/script", as: program)
    }

    @Test(arguments: [
        ("exit 7", "exited with code 7 before it was ready"),
        ("kill -SEGV $$", "was ended by signal 11 before it was ready"),
        ("exec sleep 60", "was not ready within 2 s"),
        ("TANDEM_FAULT=generation.loading exec \(Program.path) \"$@\"", "was ended by signal 9 before it was ready"),
        ("TANDEM_FAULT=generation.ready exec \(Program.path) \"$@\"", "was ended by signal 9 before it had started"),
    ])
    func oneThatNeverServesChangesNothing(act: String, words: String) throws {
        let limit = act.hasPrefix("exec sleep") ? "ready_timeout: 2s" : "ready_timeout: 5m"
        try configure("generations: {\(limit)}")
        let server = try serve()
        let before = try bench.generations()
        let load = try HeldLoad(port: server.port)
        try installBinary(act)
        let outcome = try bench.run("upgrade")
        #expect(outcome.code == 1)
        #expect(outcome.error.contains(words), "\(outcome.error)")
        #expect(try bench.generations() == before)
        #expect(load.stop().failures.isEmpty)
        #expect(ProcessTable.children(server.process.pid).map(\.process) == [pid_t(before.serving)])
        // What is there now is good, and has the time that it needs.
        try bench.install(Program.path, as: program)
        let text = String(decoding: try #require(FileManager.default.contents(atPath: "\(bench.root)/tandem.yaml")), as: UTF8.self)
        try bench.write("tandem.yaml", text.replacingOccurrences(of: limit, with: "ready_timeout: 5m"))
        try bench.done("upgrade")
        #expect(try bench.generations().serving != before.serving)
        #expect(server.stop().code == 0)
    }

    /// Kills what serves a little after it began, until something else than `hash` serves.
    private func crash(_ server: Server, while hash: String) throws {
        for _ in 0..<4 {
            let serving = try #require(try bench.serving())
            guard serving.hash == hash else { return }
            kill(pid_t(serving.process), SIGKILL)
            #expect(try eventually { try bench.serving().map { $0.process != serving.process } ?? false })
        }
    }

    @Test func aConfigurationWhoseGenerationsCrashIsTakenBack() throws {
        try configure("generations: {probation: 5m}")
        let server = try bench.serve()
        let good = try #require(try bench.serving()).hash
        try configure("drain: {idle: 1s}")
        try bench.done("reload")
        let bad = try #require(try bench.serving()).hash
        #expect(good != bad)
        try crash(server, while: bad)
        #expect(try bench.serving()?.hash == good)
        try server.expect("3 crashes in probation: configuration \(good) is brought back")
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }

    @Test func aBinaryWhoseGenerationsCrashIsTakenBackToo() throws {
        try configure("generations: {probation: 5m}")
        let server = try serve()
        let old = ProcessTable.inode(program)
        let good = try #require(try bench.serving()).hash
        try configure("drain: {idle: 1s}")
        try bench.install(Program.path, as: program)
        let new = ProcessTable.inode(program)
        try bench.done("upgrade")
        #expect(old != new && ProcessTable.image(server.process.pid) == new)
        // From here on only an open descriptor leads to the old binary.
        try crash(server, while: try #require(try bench.serving()).hash)
        #expect(try bench.serving()?.hash == good)
        try server.expect("and the binary from before is brought back")
        #expect(eventually { ProcessTable.image(server.process.pid) == old })
        #expect(ProcessTable.image(pid_t(try #require(try bench.serving()).process)) == old)
        #expect(try Client(port: server.port).get("/").status == 200)
        // It looks for the next one where it did before.
        try bench.done("upgrade")
        #expect(ProcessTable.image(server.process.pid) == new)
        #expect(server.stop().code == 0)
    }

    /// Longer than the usual suite may take: `TANDEM_PATIENCE` gives it its five seconds.
    @Test func oneThatCrashesLaterIsReplaced() throws {
        let server = try bench.serve()
        try bench.done("reload")
        usleep(getenv("TANDEM_PATIENCE") == nil ? 300_000 : 5_000_000)
        let serving = try #require(try bench.serving()).process
        let load = try HeldLoad(port: server.port, keptAlive: 0)
        kill(pid_t(serving), SIGKILL)
        #expect(try eventually { try bench.serving().map { $0.process != serving } ?? false })
        #expect(load.goesOn(by: 20))
        let outcome = load.stop()
        // Those that it had accepted; others waited in the queue.
        #expect(outcome.failures.count <= 2, "\(outcome.failures)")
        #expect(server.stop().code == 0)
    }
}

extension Bench {
    /// Puts a file in another's place, as package managers do: by a process of its own, since what this one has open for writing is
    /// inherited by what other tests start meanwhile, and is busy then.
    func install(_ file: String, as program: String) throws {
        let copying = Process()
        copying.executableURL = URL(fileURLWithPath: "/bin/sh")
        copying.arguments = ["-c", "cp '\(file)' '\(program).new' && mv '\(program).new' '\(program)'"]
        try copying.run()
        copying.waitUntilExit()
        guard copying.terminationStatus == 0 else { throw ClientError(description: "\(file) cannot be installed") }
    }

    /// The generation that serves, if one does.
    func serving() throws -> (process: Int, hash: String)? {
        let outcome = try run("status", "--json")
        // Nobody answers for a moment when a worker has died.
        guard outcome.code == 0, let list = try outcome.object()["generations"] as? [[String: Any]] else { return nil }
        guard let one = list.last(where: { $0["state"] as? String == "serving" }) else { return nil }
        guard let process = one["process"] as? Int, let hash = one["configuration"] as? String else { return nil }
        return (process, hash)
    }
}
