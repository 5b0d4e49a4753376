import Foundation
import Glibc
import Synchronization
import TestPatience
import Testing

/// Reload and upgrade against real processes (`processes.md`, Proof). Clients never try again: what fails is counted.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ReloadTests {
    let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
    }

    /// How often, in a run that takes its time: `TANDEM_RELOADS`.
    private static let reloads = getenv("TANDEM_RELOADS").flatMap { Int(String(cString: $0)) } ?? 10

    private func configure(_ lines: String...) throws {
        let path = "\(bench.root)/tandem.yaml"
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        try bench.write("tandem.yaml", lines.joined(separator: "\n") + "\n" + text)
    }

    @Test func noRequestFailsOverReloadsAndUpgrades() throws {
        let server = try bench.serve()
        let load = try HeldLoad(port: server.port)
        var worst = Duration.zero
        for turn in 0..<Self.reloads {
            let begin = ContinuousClock.now
            try bench.done(turn % 3 == 2 ? "upgrade" : "reload")
            worst = max(worst, ContinuousClock.now - begin)
            #expect(load.goesOn(by: 20))
        }
        let outcome = load.stop()
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(5))")
        print(
            "\(Self.reloads) reloads and upgrades under load: \(outcome.answers) answers, \(outcome.failures.count) failures, slowest \(worst)"
        )
        #expect(server.stop().code == 0)
    }

    @Test func aFaultyConfigurationIsRefusedAtItsPlaceAndTheServerIsUntouched() throws {
        let server = try bench.serve()
        let before = try bench.generations()
        let good = String(decoding: try #require(FileManager.default.contents(atPath: "\(bench.root)/tandem.yaml")), as: UTF8.self)
        for (bad, code, words) in [
            (good + "\nsomething: 1\n", Int32(3), "tandem.yaml:8:1: error: unknown key"),
            (good.replacingOccurrences(of: "127.0.0.1:0", with: "192.0.2.1:80"), 1, "cannot listen on 192.0.2.1:80"),
            (
                good.replacingOccurrences(
                    of: "127.0.0.1:0", with: "127.0.0.1:0\n    tls: [{certificate: /nonexistent, key: /nonexistent}]"),
                3, "tandem.yaml:4:44: error:"
            ),
            (good.replacingOccurrences(of: "/data", with: "/elsewhere"), 1, "no server answers"),
            (good + "log: {access: /nonexistent/access.log}\n", 1, "cannot write the access log"),
            (good + "sites: {again: {hosts: [a.test]}}\n", 3, "tandem.yaml:7:1: error:"),
            (good.replacingOccurrences(of: "hosts: [\"*\"]", with: "hosts: 1\n    : ["), 3, "tandem.yaml:"),
            (good.replacingOccurrences(of: "hosts: [\"*\"]", with: "hosts: [\"${TANDEM_NOT_SET}\"]"), 3, "TANDEM_NOT_SET"),
            (good + "drain: {idle: forever}\n", 3, "tandem.yaml:7:15: error:"),
            (good + "generations: {maximum: 1}\n", 3, "tandem.yaml:7:24: error:"),
            (good + "admin: {address: 192.0.2.1:80}\n", 1, "cannot listen on 192.0.2.1:80"),
            (good + "admin: {socket: \(bench.root)/other.sock}\n", 3, "`admin.socket` cannot change"),
            // The first of two new addresses is free: it is given up again.
            (
                good.replacingOccurrences(
                    of: "127.0.0.1:0", with: "127.0.0.1:0\n  - address: unix:\(bench.root)/new.sock\n  - address: 192.0.2.1:80"),
                1, "cannot listen on 192.0.2.1:80"
            ),
        ] {
            try bench.write("tandem.yaml", bad)
            let outcome = try bench.run("reload")
            #expect(outcome.code == code, "\(outcome.error)")
            #expect(outcome.error.contains(words), "\(outcome.error)")
            #expect(try Client(port: server.port).get("/").status == 200)
            #expect(access("\(bench.root)/new.sock", F_OK) != 0)
            #expect(ProcessTable.children(server.process.pid).count == 1)
        }
        try bench.write("tandem.yaml", good)
        #expect(try bench.generations() == before)
        try bench.done("reload")
        #expect(try bench.generations() != before)
        server.process.signal(SIGHUP)
        try server.expect("generation 3 (process")
        #expect(server.stop().code == 0)
    }

    @Test func anUpgradeKeepsTheProcessAndABadBinaryIsRefused() throws {
        let program = "\(bench.root)/tandem"
        try bench.install(Program.path, as: program)
        let server = try Server(Running(["serve"], in: bench.root, environment: [:], program: program))
        try bench.done("upgrade")
        #expect(try Client(port: server.port).get("/").status == 200)
        for bad in ["/bin/true", "/etc/hostname"] {
            try bench.install(bad, as: program)
            let outcome = try bench.run("upgrade")
            #expect(outcome.code == 1)
            #expect(outcome.error.contains(program), "\(outcome.error)")
            #expect(try Client(port: server.port).get("/").status == 200)
        }
        #expect(try bench.run("reload").code == 0)
        #expect(server.stop().code == 0)
    }

    /// A validation waits for whoever reads the log; meanwhile another worker comes to serve.
    @Test func aReloadOutlivesAWorkerThatDiesDuringIt() throws {
        let server = try bench.serve()
        let fifo = "\(bench.root)/log"
        #expect(mkfifo(fifo, 0o600) == 0)
        try configure("log: {access: \(fifo)}")
        let reload = try bench.start(["reload"])
        #expect(eventually { ProcessTable.children(server.process.pid).count == 2 })
        let serving = try bench.generations().serving
        kill(pid_t(serving), SIGKILL)
        try server.expect("generation 2 (process")
        let reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        #expect(reload.wait().code == 0)
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }

    @Test func aWorkerThatIsKilledIsReplaced() throws {
        let server = try bench.serve()
        let worker = try bench.generations().serving
        kill(pid_t(worker), SIGKILL)
        try server.expect("was ended by signal 9")
        try server.expect("generation 2 (process")
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }

    @Test func workersOutliveTheirSupervisorAndTheNextOneTakesThemOver() throws {
        let server = try bench.serve()
        let load = try HeldLoad(port: server.port)
        server.process.signal(SIGKILL)
        server.process.wait()
        #expect(try bench.run("release", "list").code == 0)
        let next = try bench.serve()
        #expect(next.port == server.port)
        #expect(load.goesOn(by: 100))
        let outcome = load.stop()
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(5))")
        try next.expect("generation 1 has ended")
        #expect(next.stop().code == 0)
        try bench.expectClean()
    }

    /// Its lock is held for as long as its last worker takes to end.
    @Test func aServerOfWhichNothingLivesIsSucceededToo() throws {
        let server = try bench.serve()
        let worker = pid_t(try bench.generations().serving)
        // It cannot offer itself any more.
        kill(worker, SIGSTOP)
        server.process.signal(SIGKILL)
        server.process.wait()
        let next = try bench.start(["serve"])
        // It waits for the lock.
        #expect(eventually { ProcessTable.hasOpen(next.pid, "\(bench.data)/lock") })
        kill(worker, SIGKILL)
        let server2 = try Server(next)
        #expect(try Client(port: server2.port).get("/").status == 200)
        #expect(server2.stop().code == 0)
    }

    /// As in a container whose first process takes no note of children.
    @Test func aSupervisorThatNobodyBuriesHasEndedToo() throws {
        let server = try bench.serve()
        server.process.signal(SIGKILL)
        let next = try bench.serve()
        #expect(next.port == server.port)
        #expect(next.stop().code == 0)
        server.process.wait()
    }

    @Test func whatIsHalfWhenTheGenerationIsReplacedBecomesWhole() throws {
        try configure("drain: {idle: 5m, request: 5m}")
        let server = try bench.serve()
        let (half, idle) = (try Client(port: server.port), try Client(port: server.port))
        // From here on both are the first generation's.
        for client in [half, idle] { #expect(try client.get("/").fields["connection"] == nil) }
        try half.write("GET / HTTP/1.1\r\nHost: sh")
        try bench.done("reload")
        try half.write("op.test\r\n\r\n")
        let late = try half.answer("/")
        #expect(late.status == 200 && late.fields["connection"] == "close")
        let last = try idle.get("/")
        #expect(last.status == 200 && last.fields["connection"] == "close")
        try server.expect("generation 1 has ended")
        #expect(server.stop().code == 0)
    }

    @Test func aRequestThatNeverEndsIsClosedByItsLimitAndSaidSo() throws {
        try configure("drain: {idle: 0s, request: 1s}")
        let server = try bench.serve()
        let half = try Client(port: server.port)
        #expect(try half.get("/").status == 200)
        try half.write("GET / HTTP/1.1\r\nHost: sh")
        try bench.done("reload")
        try server.expect("generation 1 has ended")
        #expect(server.stop().code == 0)
        withExtendedLifetime(half) {}
    }

    @Test func addressesComeAndGo() throws {
        let server = try bench.serve()
        let path = "\(bench.root)/tandem.yaml"
        let before = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        try bench.write(
            "tandem.yaml", before.replacingOccurrences(of: "sites:", with: "  - address: unix:\(bench.root)/http.sock\nsites:"))
        try bench.done("reload")
        #expect(access("\(bench.root)/http.sock", F_OK) == 0)
        #expect(try Client(port: server.port).get("/").status == 200)
        try bench.write("tandem.yaml", before)
        try bench.done("reload")
        #expect(access("\(bench.root)/http.sock", F_OK) != 0)
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }

    /// From every address to one (`processes.md`, Proof): nobody notices. The other way new connections go to the old socket until it
    /// closes, and one that comes at that moment may be reset: there only the outcome is looked at.
    @Test func anAddressIsReplacedByOneThatOverlapsIt() throws {
        let path = "\(bench.root)/tandem.yaml"
        let before = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        let server = try bench.serve()
        func listen(_ address: String) throws {
            try bench.write("tandem.yaml", before.replacingOccurrences(of: "127.0.0.1:0", with: "\(address):\(server.port)"))
            try bench.done("reload")
            #expect(try Client(port: server.port).get("/").status == 200)
            // The one before goes when its generation has let go of it.
            #expect(eventually { ProcessTable.listeners(server.port).count == 1 })
        }
        for _ in 0..<2 {
            try listen("0.0.0.0")
            let load = try HeldLoad(port: server.port)
            try listen("127.0.0.1")
            let outcome = load.stop()
            #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(5))")
        }
        #expect(server.stop().code == 0)
    }

    @Test func anAddressThatOverlapsOneOfTheSameConfigurationIsInUse() throws {
        let server = try bench.serve()
        let path = "\(bench.root)/tandem.yaml"
        let before = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        let both = "127.0.0.1:0\n  - address: 0.0.0.0:\(server.port)"
        try bench.write("tandem.yaml", before.replacingOccurrences(of: "127.0.0.1:0", with: both))
        let outcome = try bench.run("reload")
        #expect(outcome.code == 1 && outcome.error.contains("0.0.0.0:\(server.port) is in use"), "\(outcome.error)")
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }

    @Test func aStormOfSignalsIsAFewReloads() throws {
        let server = try bench.serve()
        for _ in 0..<200 {
            server.process.signal(SIGHUP)
            usleep(2_000)
        }
        try bench.done("reload")
        let generations = try bench.generations()
        #expect(generations.highest < 100)
        #expect(generations.numbers.count <= 4)
        #expect(try Client(port: server.port).get("/").status == 200)
        #expect(server.stop().code == 0)
    }
}

/// What `tandem status --json` says of generations.
struct Generations: Equatable {
    var numbers: [Int]
    var processes: [Int]
    var states: [String]
    var serving: Int { Array(zip(processes, states)).last { $0.1 == "serving" }?.0 ?? 0 }
    var highest: Int { numbers.max() ?? 0 }
}

extension Bench {
    func generations() throws -> Generations {
        let report = try run("status", "--json").object()
        let list = try #require(report["generations"] as? [[String: Any]])
        return Generations(
            numbers: list.compactMap { $0["number"] as? Int }, processes: list.compactMap { $0["process"] as? Int },
            states: list.compactMap { $0["state"] as? String })
    }
}

/// Clients that go on until they are stopped: kept-alive ones, and new connections all the time. A client whose connection was
/// closed as announced connects anew; anything else is a failure.
final class HeldLoad: Sendable {
    struct Outcome {
        var answers = 0
        var failures: [String] = []
    }

    private let outcome = Mutex(Outcome())
    private let isOver = Mutex(false)
    private let left: DispatchGroup

    init(port: UInt16, keptAlive: Int = 4, fresh: Int = 2) throws {
        left = DispatchGroup()
        for index in 0..<keptAlive + fresh {
            left.enter()
            let thread = Thread { [self] in
                go(port: port, isFresh: index >= keptAlive)
                left.leave()
            }
            thread.start()
        }
    }

    private func go(port: UInt16, isFresh: Bool) {
        var client: Client?
        while !isOver.withLock({ $0 }) {
            do {
                let present = try client ?? Client(port: port)
                let answer = try present.get("/")
                if answer.status != 200 { throw ClientError(description: "status \(answer.status)") }
                outcome.withLock { $0.answers += 1 }
                client = isFresh || answer.fields["connection"] == "close" ? nil : present
            } catch {
                outcome.withLock { $0.failures.append("\(isFresh ? "new" : "kept alive"): \(error)") }
                client = nil
            }
            usleep(1_000)
        }
    }

    /// Waits until so many more were answered.
    func goesOn(by count: Int) -> Bool {
        let before = outcome.withLock { $0.answers }
        return eventually { outcome.withLock { $0.answers } >= before + count }
    }

    func stop() -> Outcome {
        isOver.withLock { $0 = true }
        left.wait()
        return outcome.withLock { $0 }
    }
}
