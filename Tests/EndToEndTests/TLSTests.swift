import Foundation
import Glibc
import TestPatience
import TestTLS
import Testing

/// A connection over TLS that never retries.
private final class SecureClient {
    private let tls = ClientTLS()
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = try connected(to: port)
        tls.shakeHands(descriptor)
    }

    deinit { close(descriptor) }

    /// The status of the answer, whose body is read over.
    func get(_ target: String) throws -> Int {
        let bytes = tls.encrypt(Array("GET \(target) HTTP/1.1\r\nHost: shop.test\r\n\r\n".utf8))
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw ClientError(description: "send \(target)")
        }
        while true {
            if let end = Data(buffer).range(of: Data("\r\n\r\n".utf8))?.upperBound {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                let length = head.range(of: "Content-Length: ").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
                if buffer.count >= end + length {
                    buffer.removeFirst(end + length)
                    return Int(head.dropFirst(9).prefix(3)) ?? 0
                }
            }
            let (more, end) = tls.receive(descriptor)
            if more.isEmpty { throw ClientError(description: "\(target): the connection ended (\(end))") }
            buffer += more
        }
    }
}

/// TLS as a client, an operator and a browser meet it.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct TLSTests {
    /// A server with a plain, a TLS and a redirecting listener, and the ports of all.
    private struct Trio {
        let bench: Bench
        let server: Server
        let plain: UInt16
        let secure: UInt16
        let redirect: UInt16

        init(tls: String, site: [String] = []) throws {
            bench = try Bench(hasConfiguration: false)
            try TLSTests.makePair("c", in: bench, names: ["shop.test", "*.wild.test"])
            try TLSTests.makePair("d", in: bench, names: ["other.test"])
            let lines =
                [
                    "data: \(bench.data)", "listen:", "  - address: 127.0.0.1:0", "  - {address: \"127.0.0.1:0\", tls: \(tls)}",
                    "  - {address: \"127.0.0.1:0\", redirect: \"https:8443\"}", "sites:", "  default:", "    hosts: [\"*\"]",
                    "  shop:", "    hosts: [shop.test]", "    hsts: {max_age: 1d, subdomains: on}",
                ] + site.map { "    \($0)" }
            try bench.write("tandem.yaml", lines.joined(separator: "\n") + "\n")
            server = try bench.serve()
            let ports = try server.ports(3)
            (plain, secure, redirect) = (ports[0], ports[1], ports[2])
            try bench.done("publish", try bench.build(1), "--site", "shop", "--activate")
        }
    }

    /// A certificate made by openssl, as an operator would.
    private static func makePair(_ stem: String, in bench: Bench, names: [String]) throws {
        let alternatives = names.map { "DNS:\($0)" }.joined(separator: ",")
        try shell(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(stem).key -out \(stem).pem -days 30 "
                + "-subj /CN=\(stem) -addext subjectAltName=\(alternatives)", in: bench)
    }

    @discardableResult
    private static func shell(_ command: String, in bench: Bench) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command + " 2>&1"]
        process.currentDirectoryURL = URL(filePath: bench.root)
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test func versionsNamesAndSessionsAreNegotiated() throws {
        let trio = try Trio(tls: "[{certificate: c.pem, key: c.key}, {certificate: d.pem, key: d.key}]")
        defer { trio.server.stop() }
        func ask(_ options: String) throws -> String {
            let request = "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n'"
            return try Self.shell("\(request) | openssl s_client -ign_eof -connect 127.0.0.1:\(trio.secure) \(options)", in: trio.bench)
        }
        for version in ["tls1_2", "tls1_3"] {
            let first = try ask("-\(version) -servername shop.test -alpn http/1.1 -sess_out \(version).session")
            #expect(first.contains("New, TLSv1.\(version.last ?? "?")"), "\(first)")
            #expect(first.contains("ALPN protocol: http/1.1"), "\(first)")
            #expect(first.contains("HTTP/1.1 200 OK"), "\(first)")
            let second = try ask("-\(version) -servername shop.test -sess_in \(version).session")
            #expect(second.contains("Reused, TLSv1.\(version.last ?? "?")"), "\(second)")
            #expect(second.contains("HTTP/1.1 200 OK"), "\(second)")
            // Nor does a session of one certificate go on with another, though one listener made both.
            let other = try ask("-\(version) -servername other.test -sess_in \(version).session")
            #expect(other.contains("New, TLSv1.\(version.last ?? "?")"), "\(other)")
            #expect(other.contains("subject=CN = d\n"), "\(other)")
        }
        #expect(try ask("-alpn http/1.1,h2").contains("ALPN protocol: h2"))
        let old = try ask("-tls1_1 -cipher ALL:@SECLEVEL=0")
        #expect(!old.contains("HTTP/1.1"), "\(old)")
        for (name, subject) in [("shop.test", "c"), ("a.wild.test", "c"), ("other.test", "d"), ("unknown.test", "c")] {
            #expect(try ask("-servername \(name)").contains("subject=CN = \(subject)\n"), "\(name)")
        }
        #expect(try ask("-noservername").contains("subject=CN = c\n"))
    }

    @Test func theSchemeDecidesAboutRedirectsAndStrictTransport() throws {
        let trio = try Trio(tls: "internal")
        defer { trio.server.stop() }
        func curl(_ arguments: String) throws -> String {
            try Self.shell("curl -sS --http1.1 -D- -o /dev/null \(arguments)", in: trio.bench)
        }
        let trusted = "--cacert data/authority/authority.pem --resolve shop.test:\(trio.secure):127.0.0.1"
        let secure = try curl("\(trusted) https://shop.test:\(trio.secure)/")
        #expect(secure.contains("HTTP/1.1 200 OK"), "\(secure)")
        #expect(secure.contains("Strict-Transport-Security: max-age=86400; includeSubDomains\r\n"), "\(secure)")
        let plain = try curl("-H 'Host: shop.test' http://127.0.0.1:\(trio.plain)/")
        #expect(plain.contains("HTTP/1.1 200 OK"))
        #expect(!plain.contains("Strict-Transport-Security"))
        let sent = try curl("-H 'Host: shop.test:80' 'http://127.0.0.1:\(trio.redirect)/a%20b/c?d=e'")
        #expect(sent.contains("HTTP/1.1 308 "), "\(sent)")
        #expect(sent.contains("Location: https://shop.test:8443/a%20b/c?d=e\r\n"), "\(sent)")
        #expect(try curl("http://127.0.0.1:\(trio.redirect)/.well-known/tandem/health").contains("HTTP/1.1 200 OK"))
        let strangers = try curl("https://shop.test:\(trio.secure)/ --resolve shop.test:\(trio.secure):127.0.0.1")
        #expect(!strangers.contains("HTTP/1.1"), "who does not know the authority does not trust it")
        let explained = try trio.bench.done("explain", "https://shop.test/")
        #expect(explained.contains("Strict-Transport-Security"), "\(explained)")
    }

    @Test func clientsShowACertificateWhereOneIsAskedFor() throws {
        let trio = try Trio(tls: "[{certificate: c.pem, key: c.key}], client_certificates: {authorities: d.pem}")
        defer { trio.server.stop() }
        let base = "curl -sSk -o /dev/null -w '%{http_code}' -H 'Host: shop.test' https://127.0.0.1:\(trio.secure)/"
        #expect(try !Self.shell(base, in: trio.bench).contains("200"))
        #expect(try Self.shell("\(base) --cert d.pem --key d.key", in: trio.bench) == "200")
        #expect(try !Self.shell("\(base) --cert c.pem --key c.key", in: trio.bench).contains("200"))
    }

    /// Renewed under load: nobody notices, and a pair that does not belong together is never served.
    @Test func certificatesAreReplacedUnderLoadWithoutAFailedRequest() throws {
        let trio = try Trio(tls: "[{certificate: c.pem, key: c.key}]")
        defer { trio.server.stop() }
        let load = Load(port: trio.secure)
        defer { load.stop() }
        func subject() throws -> String {
            try Self.shell("openssl s_client -connect 127.0.0.1:\(trio.secure) -servername shop.test", in: trio.bench)
                .components(separatedBy: "\n").first { $0.hasPrefix("subject=") } ?? ""
        }
        #expect(try subject() == "subject=CN = c")
        try Self.shell("cp d.pem c.pem", in: trio.bench)
        #expect(eventually { trio.server.process.error.contains("is not the one of") })
        #expect(try subject() == "subject=CN = c")
        try Self.shell("cp d.key c.key", in: trio.bench)
        #expect(try eventually { try subject().contains("CN = d") })
        #expect(trio.server.process.error.contains("a new certificate is served"))
        let (count, failures) = load.stop()
        #expect(count > 10)
        #expect(failures.isEmpty, "\(failures.prefix(3))")
    }

    @Test func checkSaysWhatIsWrongWithCertificatesAndWhere() throws {
        let bench = try Bench(hasConfiguration: false)
        try Self.makePair("c", in: bench, names: ["a"])
        try Self.makePair("d", in: bench, names: ["b"])
        try bench.write("old.pem", Self.expired)
        try bench.write("old.key", Self.expiredKey)
        try bench.write(
            "tandem.yaml",
            """
            data: \(bench.data)
            listen:
              - address: 127.0.0.1:0
                tls:
                  - {certificate: none.pem, key: c.key}
                  - {certificate: c.pem, key: d.key}
                  - certificate: old.pem
                    key: old.key
                client_certificates: {authorities: c.pem}
            sites: {default: {hosts: ["*"]}}

            """)
        let outcome = try bench.run("check")
        #expect(outcome.code == 3)
        let lines = outcome.error.components(separatedBy: "\n")
        #expect(lines[0] == "tandem.yaml:5:23: error: cannot read none.pem: No such file or directory", "\(outcome.error)")
        #expect(lines[1].hasPrefix("tandem.yaml:6:35: error: the key d.key is not the one of c.pem"), "\(outcome.error)")
        #expect(lines[2].hasPrefix("tandem.yaml:7:22: error: the certificate old.pem expired at 2020-02-01"), "\(outcome.error)")
        let serve = try bench.run("serve")
        #expect(serve.code == 3)
        #expect(serve.error.contains("tandem.yaml:5:23: error: cannot read none.pem"), "\(serve.error)")
    }

    private static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBQzCB6qADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA29sZDAeFw0y
        MDAxMDEwMDAwMDBaFw0yMDAyMDEwMDAwMDBaMA4xDDAKBgNVBAMMA29sZDBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABM3b5krZ4Cr5X6B3F3mNnYl8GLv+h+M4ozyf
        S4zx9cJTXSRMQ1Mu1yw1/OB9idA8MHhqWtiDhBijjwSPRcacZOujOTA3MBYGA1Ud
        EQQPMA2CC29sZC5leGFtcGxlMB0GA1UdDgQWBBTTg6gSD+5bCb5ahTesNvZNxcDn
        IDAKBggqhkjOPQQDAgNIADBFAiEAx/soPLpkYKGmZ9i3ZJFXoz2hTknOcFpoJ6Fi
        NR3ubEgCIE+IjxtIPpEDqx8SuCMsatS0Uif2b8C+1gkYEHI0JI/w
        -----END CERTIFICATE-----
        """

    /// Of nobody: it is no secret.
    private static let expiredKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxHIIKVscLEa0Cf9l
        9q2G4fuXk3dbZzPbiqIFF4hfsrOhRANCAATN2+ZK2eAq+V+gdxd5jZ2JfBi7/ofj
        OKM8n0uM8fXCU10kTENTLtcsNfzgfYnQPDB4alrYg4QYo48Ej0XGnGTr
        -----END PRIVATE KEY-----
        """
}

/// Two threads that ask all the time: one on a kept connection, one on a new one each time.
private final class Load: @unchecked Sendable {
    private let lock = NSLock()
    private var isOver = false
    private var count = 0
    private var failures: [String] = []
    private let threads = DispatchGroup()

    init(port: UInt16) {
        for isKept in [true, false] {
            threads.enter()
            Thread.detachNewThread { [self] in
                defer { threads.leave() }
                do {
                    var client = try SecureClient(port: port)
                    while lock.withLock({ !isOver }) {
                        if !isKept { client = try SecureClient(port: port) }
                        let status = try client.get("/")
                        lock.withLock {
                            count += 1
                            if status != 200 { failures.append("\(status)") }
                        }
                    }
                } catch {
                    lock.withLock { failures.append("\(error)") }
                }
            }
        }
    }

    @discardableResult
    func stop() -> (count: Int, failures: [String]) {
        lock.withLock { isOver = true }
        threads.wait()
        return lock.withLock { (count, failures) }
    }
}
