import Foundation
import TestPatience
import Testing

/// Files with which servers are asked over TLS are replaced while the worker runs, as those of listeners are.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct BackendCertificateTests {
    private static func shell(_ command: String, in bench: Bench) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(filePath: bench.root)
        (process.standardInput, process.standardOutput, process.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice
        )
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
    }

    private static func makePair(_ stem: String, in bench: Bench) throws {
        try shell(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(stem).key -out \(stem).pem -days 30 "
                + "-subj /CN=\(stem) -addext subjectAltName=DNS:app.test", in: bench)
    }

    /// A server over TLS that asks for a certificate of `client`'s, and one in front that asks it.
    private struct Pair {
        let behind: Bench
        let server: Server
        let secure: String
        let bench: Bench
        let front: Server

        init() throws {
            behind = try Bench(hasConfiguration: false)
            for stem in ["server", "client", "other"] { try makePair(stem, in: behind) }
            let lines = [
                "data: \(behind.data)", "listen:", "  - address: 127.0.0.1:0",
                "  - {address: \"127.0.0.1:0\", tls: [{certificate: server.pem, key: server.key}], client_certificates: "
                    + "{authorities: client.pem}}",
                "sites:", "  default:", "    hosts: [\"*\"]", "    routes: [{path: /*, respond: {body: right}}]",
            ]
            try behind.write("tandem.yaml", lines.joined(separator: "\n") + "\n")
            server = try behind.serve()
            let address = try #require(server.process.error.range(of: "https://127.0.0.1:"))
            secure = "https://127.0.0.1:" + server.process.error[address.upperBound...].prefix { $0.isNumber }
            // At first nobody that the server is signed by is trusted, and nobody it trusts is shown.
            bench = try Bench(site: [
                "backends: {app: {servers: [{url: \"\(secure)\"}], "
                    + "tls: {name: app.test, authorities: ca.pem, certificate: own.pem, key: own.key}}}",
                "routes: [{path: /*, proxy: {backend: app}}]",
            ])
            let other = "\(behind.root)/other"
            try BackendCertificateTests.shell("cp \(other).pem ca.pem; cp ca.pem own.pem; cp \(other).key own.key", in: bench)
            front = try bench.serve()
        }

        func becomes(_ status: Int) throws -> Bool {
            try eventually { try Client(port: front.port).get("/").status == status }
        }
    }

    @Test func whatIsReplacedIsUsedAndWhatIsBadIsNot() throws {
        let pair = try Pair()
        defer { pair.front.stop(); pair.server.stop() }
        #expect(try Client(port: pair.front.port).get("/").status == 502)
        let behind = pair.behind.root
        // A certificate whose key is another's is refused with its reason, also beside authorities that are good.
        try Self.shell("cp \(behind)/server.pem ca.pem; cp \(behind)/client.pem own.pem", in: pair.bench)
        try pair.front.expect("backend app: the new certificate or authorities are refused, those from before are used on")
        #expect(try Client(port: pair.front.port).get("/").status == 502)
        try Self.shell("cp \(behind)/client.key own.key", in: pair.bench)
        try pair.front.expect("backend app: connections that begin now use the new certificate and authorities")
        #expect(try pair.becomes(200))
        // From here on nothing is taken away by what is no certificate.
        try Self.shell("echo nothing > ca.pem", in: pair.bench)
        #expect(eventually { pair.front.process.error.components(separatedBy: "are refused, those").count == 3 })
        #expect(try Client(port: pair.front.port).get("/").status == 200)
    }
}
