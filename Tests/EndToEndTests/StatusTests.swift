import Foundation
import Glibc
import TestPatience
import Testing

@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct StatusTests {
    @Test func theScreenTellsTheServerItsSitesAndReleases() throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        try bench.publish(2)
        let server = try bench.serve()
        let text = try bench.done("status")
        #expect(text.contains("process \(server.process.pid)"))
        #expect(text.contains("listening on 127.0.0.1:\(server.port)"))
        #expect(text.contains("  releases: 1 published, 1 current"))
        #expect(text.contains("  current \(one.prefix(12))"))
    }

    @Test func withoutATerminalWatchingIsALineASecondUntilTheServerEnds() throws {
        let bench = try Bench()
        let configuration = try String(contentsOfFile: "\(bench.root)/tandem.yaml", encoding: .utf8)
        try bench.write("tandem.yaml", "drain: {idle: 5m, stop: 5m}\n" + configuration)
        try bench.publish(1, "--activate")
        let server = try bench.serve()
        let watching = try bench.start(["status", "--watch"])
        let json = try bench.start(["status", "--watch", "--json"])
        #expect(eventually { [watching, json].allSatisfy { $0.out.split(separator: "\n").count >= 2 } })
        // Who watches does not hold up a stop.
        #expect(server.stop().code == 0)
        let ended = watching.wait()
        #expect(ended.code == 1)
        #expect(ended.error.hasPrefix("tandem: "))
        let lines = ended.out.split(separator: "\n")
        #expect(lines.count >= 2)
        #expect(lines.allSatisfy { $0.contains("connection") && $0.contains("default: current") && !$0.contains("\u{1B}") })
        #expect(lines.dropFirst().allSatisfy { $0.contains("/s") })
        for line in json.wait().out.split(separator: "\n") {
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
        }
    }

    @Test(arguments: [
        ["publish", "v1", "--to", "https://tandem.example"], ["publish", "v1", "--to", "https://x", "--token-env", "T"],
        ["dataset", "list"],
        ["node", "list"],
    ])
    func whatComesLaterIsSaidByName(command: [String]) throws {
        let bench = try Bench()
        try bench.build(1)
        let outcome = try bench.start(command).wait()
        #expect(outcome.code == 2)
        let name = command.first { $0.hasPrefix("--") } ?? command[0]
        #expect(outcome.error.contains("\(name) is not yet available in this version"))
    }
}
