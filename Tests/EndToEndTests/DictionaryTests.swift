import Compression
import Foundation
import Glibc
import Model
import TestPatience
import Testing

/// Deltas between releases as a browser, and a shared cache before the server, meet them.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct DictionaryTests {
    private static func script(_ version: Int) -> String {
        (0..<400).map { "export const value\($0) = \"\(digest("\($0 == 7 ? version : 0) \($0)").hex)\";\n" }.joined()
    }
    private static func name(_ version: Int) -> String { "assets/app-\(digest(script(version)).hex.prefix(16)).js" }
    private static func digest(_ text: String) -> ContentDigest { Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) } }

    private static var asks: [String] {
        [
            "Accept-Encoding: gzip, br, zstd, dcb, dcz",
            digest(script(1)).withBytes { "Available-Dictionary: :\(Data($0).base64EncodedString()):" },
        ]
    }

    private func publish(_ version: Int, on bench: Bench) throws {
        try bench.write("s\(version)/index.html", "<script type=module src=/\(Self.name(version))></script>")
        try bench.write("s\(version)/\(Self.name(version))", Self.script(version))
        try bench.done("publish", "\(bench.root)/s\(version)", "--activate")
    }

    /// A server with both releases whose deltas are made.
    private func server(_ site: [String] = [], _ body: (Bench, Server) throws -> Void) throws {
        let bench = try Bench(site: site)
        let server = try bench.serve()
        try publish(1, on: bench)
        try publish(2, on: bench)
        let isMade = try eventually {
            try Client(port: server.port).get("/\(Self.name(2))", Self.asks).fields["content-encoding"] == "dcz"
        }
        try #require(isMade, "no delta: \(server.process.error)")
        try body(bench, server)
    }

    private func restored(_ answer: Client.Answer) throws -> String {
        let content = try answer.body.withUnsafeBytes { bytes in
            try Array(Self.script(1).utf8).withUnsafeBytes { dictionary in
                try Self.digest(Self.script(1)).withBytes {
                    try Delta.decompress(bytes, dictionary: dictionary, digest: $0, size: Self.script(2).utf8.count)
                }
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    @Test func aReturningVisitorIsSentTheDifference() throws {
        try server { bench, server in
            let client = try Client(port: server.port)
            let first = try client.get("/\(Self.name(1))")
            #expect(first.fields["use-as-dictionary"] == "match=\"/assets/app-*.js\", match-dest=(\"script\" \"worker\")")
            #expect(first.text == Self.script(1))
            let second = try client.get("/\(Self.name(2))", Self.asks)
            #expect(second.body.count < 300)
            #expect(try restored(second) == Self.script(2))
            #expect(second.fields["etag"] == "\"\(second.body.withUnsafeBytes { ContentDigest(of: $0) }.hex)\"")
            #expect(try client.get("/\(Self.name(2))", Self.asks + ["If-None-Match: \(second.fields["etag"] ?? "")"]).status == 304)
            #expect(try client.get("/\(Self.name(2))").text == Self.script(2))
            // Whoever comes back to the release before has its dictionary too.
            try bench.done("fsck")
        }
    }

    /// The release that offered the dictionary is taken back: from then on nothing is said to depend on it.
    @Test func aRevokedReleaseIsNoDictionary() throws {
        try server { bench, server in
            let first = try #require(try bench.releases().first { $0.value != "current" }?.key)
            try bench.done("release", "retire", first)
            try bench.done("release", "revoke", first)
            let answer = try Client(port: server.port).get("/\(Self.name(2))", Self.asks)
            #expect(answer.status == 200)
            #expect(answer.fields["content-encoding"] != "dcz")
        }
    }

    @Test func switchedOffThereAreNone() throws {
        let bench = try Bench(site: ["dictionaries: off"])
        let server = try bench.serve()
        try publish(1, on: bench)
        let answer = try Client(port: server.port).get("/\(Self.name(1))", ["Accept-Encoding: identity"])
        #expect(answer.fields["use-as-dictionary"] == nil)
        #expect(answer.fields["vary"]?.contains("Available-Dictionary") != true)
    }

    @Test func explainSaysWhatTheClientHas() throws {
        try server { bench, _ in
            let url = "http://shop.test/\(Self.name(2))"
            let told = try bench.done("explain", url, "--header", Self.asks[0], "--header", Self.asks[1])
            #expect(told.contains("the answer is the difference to \(Self.digest(Self.script(1)).hex)"))
            #expect(told.contains("Content-Encoding: dcz"))
        }
    }

    // MARK: A shared cache in front

    private static let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// S1, S7: nginx keeps answers by what they vary on; nobody gets a delta for what he has not, and nobody a body he cannot read.
    @Test(.enabled(if: nginx != nil, "no nginx to try"), arguments: ["dictionaries: on", "dictionaries: always"])
    func s7ASharedCacheInFrontNeverMixesDeltas(setting: String) throws {
        try server([setting]) { bench, server in
            let front = try Front(of: server.port, in: bench, program: Self.nginx ?? "")
            defer { front.stop() }
            let accepts = [[], ["Accept-Encoding: br"], [Self.asks[0]], Self.asks, [Self.asks[1]], ["Accept-Encoding: gzip"]]
            var fromCache = 0
            for round in 0..<12 {
                for asked in accepts.indices {
                    let fields = accepts[(asked * 5 + round) % accepts.count]
                    let answer = try Client(port: front.port).get("/\(Self.name(2))", fields)
                    #expect(answer.status == 200)
                    if answer.fields["x-cache"] == "HIT" { fromCache += 1 }
                    let coding = answer.fields["content-encoding"]
                    #expect(fields == Self.asks || coding != "dcz", "\(fields)")
                    #expect(coding == nil || fields.contains { $0.contains(coding ?? "") }, "\(fields) got \(coding ?? "")")
                    if coding == "dcz" { #expect(try restored(answer) == Self.script(2)) }
                    if coding == nil { #expect(answer.text == Self.script(2)) }
                }
            }
            #expect(fromCache > 0, "the cache in front never answered: the test proves nothing")
        }
    }
}

/// nginx as a cache before a server, in the test's folder.
private final class Front {
    let port: UInt16
    private let process: Running

    init(of server: UInt16, in bench: Bench, program: String) throws {
        port = try freePort()
        let configuration = """
            daemon off; master_process off; pid \(bench.root)/nginx.pid; error_log \(bench.root)/nginx.log;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path \(bench.root)/n1; proxy_temp_path \(bench.root)/n2; fastcgi_temp_path \(bench.root)/n3;
              uwsgi_temp_path \(bench.root)/n4; scgi_temp_path \(bench.root)/n5;
              proxy_cache_path \(bench.root)/cache keys_zone=all:1m;
              server {
                listen 127.0.0.1:\(port);
                location / {
                  proxy_pass http://127.0.0.1:\(server);
                  proxy_set_header Host shop.test;
                  proxy_cache all;
                  add_header X-Cache $upstream_cache_status;
                }
              }
            }
            """
        let path = try bench.write("nginx.conf", configuration)
        process = try Running(
            ["-c", path, "-e", "\(bench.root)/nginx.log", "-p", bench.root], in: bench.root, environment: [:], program: program)
        let (process, port) = (process, port)
        try #require(eventually { !process.isRunning || (try? Client(port: port)) != nil } && process.isRunning, "nginx does not start")
    }

    func stop() {
        process.signal(SIGKILL)
        process.wait()
    }
}
