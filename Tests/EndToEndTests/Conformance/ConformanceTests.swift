import Foundation
import Testing

/// The program as it is shipped, with a plain and a TLS listener, for all tests of a suite.
struct ServedSite: SuiteTrait, TestScoping {
    @TaskLocal static var ports: (plain: UInt16, secure: UInt16) = (0, 0)

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void) async throws {
        guard Program.isBuilt else { return try await body() }
        let bench = try Bench(hasConfiguration: false)
        let echo = try EchoServer()
        defer { echo.end() }
        try bench.write(
            "tandem.yaml",
            """
            data: \(bench.data)
            listen:
              - address: 127.0.0.1:0
              - {address: "127.0.0.1:0", tls: internal}
            log: {access: off}
            sites:
              default:
                hosts: ["*"]
                backends: {app: {servers: [{url: "http://127.0.0.1:\(echo.port)"}]}}
                routes:
                  - {path: /ws/*, proxy: {backend: app, path: {strip: /ws}}}
                  - {path: /fixed, respond: {body: "fixed"}}
                  - {path: /*, release: {}}

            """)
        let server = try bench.serve()
        defer { server.stop() }
        let ports = try server.ports(2)
        try bench.write("site/index.html", "<!doctype html><title>conformance</title>\n")
        try bench.write("site/two", "two\n")
        try bench.write("site/large.bin", String(repeating: "large ", count: 50_000))
        try bench.done("publish", "\(bench.root)/site", "--activate")
        try await Self.$ports.withValue((ports[0], ports[1])) { try await body() }
    }
}

/// RFC 9113 (HTTP/2), RFC 7541 (HPACK) and RFC 8441 (WebSockets) against the program itself, over TCP and over TLS: every requirement is a test, named by its
/// section, whose frames are made here and owe nothing to the server's code.
@Suite(.enabled(if: Program.isBuilt, Program.missing), ServedSite()) struct ConformanceTests {
    enum Carrier: CaseIterable { case plain, tls }

    private func meets(_ requirement: Requirement, _ carrier: Carrier) throws {
        let ports = ServedSite.ports
        let peer = try Peer(port: carrier == .plain ? ports.plain : ports.secure, isSecure: carrier == .tls)
        #expect(requirement.fault(peer) == nil, "\(requirement.testDescription)")
    }

    @Test(arguments: Requirement.starting, Carrier.allCases)
    func startingHTTP2_3(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.frames, Carrier.allCases)
    func frames_4(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.streams, Carrier.allCases)
    func streams_5(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.dataAndHeaders, Carrier.allCases)
    func dataAndHeaders_6(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.settings, Carrier.allCases)
    func settings_6_5(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.control, Carrier.allCases)
    func pingGoAwayAndWindows_6(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.continuations, Carrier.allCases)
    func continuations_6_10(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.messages, Carrier.allCases)
    func messages_8(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.compression, Carrier.allCases)
    func compression_7541(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }

    @Test(arguments: Requirement.webSockets, Carrier.allCases)
    func webSockets_8441(_ requirement: Requirement, _ carrier: Carrier) throws { try meets(requirement, carrier) }
}
