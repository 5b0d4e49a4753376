import Glibc
import TestPatience
import Testing

/// A worker whose connections have taken all descriptors but the reserve (`docs/operations.md`): it says so, and nobody is sent away.
@Suite(
    .enabled(if: Program.isBuilt, Program.missing), .enabled(if: access("/usr/bin/prlimit", X_OK) == 0, "needs prlimit (util-linux)"))
struct DescriptorTests {
    @Test func withoutADescriptorClientsWaitAndTheLogSaysSo() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        let limit = 192
        let server = try Server(
            Running(["--nofile=\(limit):\(limit)", Program.path, "serve"], in: bench.root, environment: [:], program: "/usr/bin/prlimit"))
        let worker = pid_t(try #require(ProcessTable.children(server.process.pid).first).process)
        let held = try Client(port: server.port)
        #expect(try held.get("/").status == 200)
        var clients = try (0..<limit).map { _ in
            let client = try Client(port: server.port)
            try client.ask("/")
            return client
        }
        try server.expect("new connections wait: ")
        #expect(try held.get("/").status == 200)
        // What else the process does has descriptors: at the end of them its runtime would end it.
        #expect(ProcessTable.descriptors(worker) < limit)
        #expect(try bench.run("status").code == 0)
        clients.removeFirst(limit - 5)
        for client in clients { #expect(try client.answer("/").status == 200) }
        #expect(server.stop().code == 0)
    }
}
