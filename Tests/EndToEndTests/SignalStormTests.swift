import Foundation
import Glibc
import TestPatience
import TestSeeds
import Testing

/// Signals in any number and order (`processes.md`, Proof): no zombie, never more generations than the maximum, nobody is cut off.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct SignalStormTests {
    let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.publish(1, "--activate")
        let path = "\(bench.root)/tandem.yaml"
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        // Long drains: generations pile up as far as they may.
        try bench.write("tandem.yaml", "drain: {idle: 2s}\ngenerations: {maximum: 3}\n" + text)
    }

    /// Sends signals for a while and looks at the supervisor's children after each.
    private func storm(_ signals: [Int32], _ server: Server, count: Int, seed: UInt64) -> (most: Int, zombies: Int) {
        var random = SeededGenerator(seed: seed)
        var (most, zombies) = (0, 0)
        for _ in 0..<count {
            guard let signal = signals.randomElement(using: &random) else { break }
            server.process.signal(signal)
            usleep(UInt32.random(in: 0...12_000, using: &random))
            let children = ProcessTable.children(server.process.pid)
            most = max(most, children.count)
            // One that has just ended is collected within moments, of which an upgrade takes some.
            for child in children where child.state == "Z" {
                let isCollected = eventually {
                    !ProcessTable.children(server.process.pid).contains { $0.process == child.process && $0.state == "Z" }
                }
                if !isCollected { zombies += 1 }
            }
        }
        return (most, zombies)
    }

    @Test(arguments: [1, 2] as [UInt64]) func reloadsUpgradesAndRotationsInAStormCutNobodyOff(seed: UInt64) throws {
        let server = try bench.serve()
        let load = try HeldLoad(port: server.port)
        let seen = storm([SIGHUP, SIGUSR2, SIGUSR1], server, count: 150, seed: seed)
        // Three generations, and a validation.
        #expect(seen.most <= 4)
        #expect(seen.zombies == 0)
        try bench.done("reload")
        let outcome = load.stop()
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(3))")
        #expect(server.stop().code == 0)
        #expect(ProcessTable.children(server.process.pid).isEmpty)
    }

    @Test(arguments: [3, 4, 5, 6] as [UInt64]) func aStormThatStopsEnds(seed: UInt64) throws {
        let server = try bench.serve()
        _ = storm([SIGHUP, SIGUSR2], server, count: 10, seed: seed)
        let workers = ProcessTable.children(server.process.pid).map(\.process)
        server.process.signal(seed % 2 == 0 ? SIGQUIT : SIGTERM)
        _ = storm([SIGHUP, SIGUSR2, SIGUSR1, SIGQUIT], server, count: 30, seed: seed)
        server.process.signal(SIGTERM)
        server.process.signal(SIGTERM)
        #expect(server.process.wait().code == 0)
        #expect(eventually { !workers.contains(where: ProcessTable.isAlive) })
        try bench.expectClean()
    }
}
