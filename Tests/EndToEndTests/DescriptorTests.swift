import Glibc
import Testing

/// A worker that has no descriptor left (`docs/operations.md`): it says so, and nobody is sent away.
@Suite(
    .enabled(if: Program.isBuilt, Program.missing), .enabled(if: access("/usr/bin/prlimit", X_OK) == 0, "needs prlimit (util-linux)"))
struct DescriptorTests {
    @Test func withoutADescriptorClientsWaitAndTheLogSaysSo() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        let server = try bench.serve()
        let held = try Client(port: server.port)
        #expect(try held.get("/").status == 200)
        let worker = try bench.generations().serving
        func limit(_ descriptors: String) throws {
            let program = try Running(
                ["--pid", "\(worker)", "--nofile=\(descriptors):"], in: bench.root, environment: [:], program: "/usr/bin/prlimit")
            #expect(program.wait().code == 0)
        }
        // What is open stays open.
        try limit("3")
        let waiting = try (0..<5).map { _ in
            let client = try Client(port: server.port)
            try client.ask("/")
            return client
        }
        try server.expect("new connections wait: none of ")
        #expect(try held.get("/").status == 200)
        try limit("1024")
        for client in waiting { #expect(try client.answer("/").status == 200) }
        #expect(server.stop().code == 0)
    }
}
