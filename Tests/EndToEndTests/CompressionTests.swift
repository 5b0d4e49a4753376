import Foundation
import Glibc
import TestPatience
import Testing

/// `compress: on` between programs that are not ours: nginx behind, curl, Python and Node in front.
@Suite(.enabled(if: Program.isBuilt && access("/usr/sbin/nginx", X_OK) == 0, "needs the release build and nginx"))
struct CompressionTests {
    private static let text = (0..<3_000).map { "{\"id\": \($0), \"name\": \"item \($0 * 7919 % 10_007)\"}\n" }.joined()

    /// nginx with files, Tandem before it, with and without a cache.
    private struct Pair {
        let bench: Bench
        let server: Server
        let nginx: Running

        init() throws {
            let port = try freePort()
            bench = try Bench(site: [
                "backends: {app: {servers: [{url: \"http://127.0.0.1:\(port)\"}]}}", "routes:",
                "  - {path: /kept/*, proxy: {backend: app, compress: on, cache: {default_ttl: 1m}}}",
                "  - {path: /*, proxy: {backend: app, compress: on}}",
            ])
            let root = bench.root
            for folder in ["", "kept/"] {
                try bench.write("files/\(folder)a.json", CompressionTests.text)
                try bench.write("files/\(folder)a.png", CompressionTests.text)
            }
            try bench.write(
                "nginx.conf",
                """
                daemon off; master_process off; pid \(root)/pid; error_log \(root)/err;
                events {}
                http {
                  types { application/json json; image/png png; }
                  access_log off;
                  client_body_temp_path \(root)/a; proxy_temp_path \(root)/b; fastcgi_temp_path \(root)/c;
                  uwsgi_temp_path \(root)/d; scgi_temp_path \(root)/e;
                  server { listen 127.0.0.1:\(port); root \(root)/files; location /gone { return 404; } }
                }
                """)
            nginx = try Running(
                ["-c", "\(root)/nginx.conf", "-e", "\(root)/err", "-p", root], in: root, environment: [:], program: "/usr/sbin/nginx")
            server = try bench.serve()
            try #require(eventually { (try? Client(port: port)) != nil }, "nginx did not begin")
        }

        func stop() {
            server.stop()
            nginx.killAll()
            nginx.wait()
        }

        /// What a command of the shell prints.
        func shell(_ command: String) throws -> String {
            try Running(
                ["-c", command.replacing("URL", with: "http://127.0.0.1:\(server.port)")], in: bench.root, environment: [:],
                program: "/bin/sh"
            )
            .wait().out
        }
    }

    @Test func curlReadsEveryCodingInEveryVersion() throws {
        let pair = try Pair()
        defer { pair.stop() }
        for version in ["--http1.0", "--http1.1", "--http2-prior-knowledge"] {
            for token in ["br", "zstd", "gzip", "identity"] {
                for path in ["a.json", "kept/a.json"] {
                    let name = "\(version) \(token) \(path)"
                    let head = try pair.shell("curl -sS \(version) --compressed -H 'Accept-Encoding: \(token)' -D - -o out URL/\(path)")
                        .lowercased()
                    #expect(try String(contentsOfFile: pair.bench.root + "/out", encoding: .utf8) == Self.text, "\(name)")
                    #expect(head.contains("content-encoding: \(token)\r\n") == (token != "identity"), "\(name): \(head)")
                    #expect(head.contains("vary: accept-encoding\r\n"), "\(name): \(head)")
                }
            }
        }
        let picture = try pair.shell("curl -sS --compressed -D - -o out URL/a.png")
        #expect(!picture.contains("Content-Encoding") && !picture.contains("Vary"), "\(picture)")
    }

    @Test func aPageThatIsAskedAboutByItsWeakTagIsNotSentAgain() throws {
        let pair = try Pair()
        defer { pair.stop() }
        for path in ["a.json", "kept/a.json"] {
            let head = try pair.shell("curl -sS --compressed -D - -o out URL/\(path)")
            let line = try #require(head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("etag: ") })
            let tag = line.dropFirst(6)
            #expect(tag.hasPrefix("W/\""))
            let again = try pair.shell("curl -sS --compressed -i -H 'If-None-Match: \(tag)' URL/\(path)")
            #expect(again.hasPrefix("HTTP/1.1 304 ") && again.contains(": \(tag)\r\n"), "\(again)")
            #expect(again.contains("Vary: Accept-Encoding\r\n"), "\(again)")
            // nginx and Tandem compare strongly here: a weak tag never matches, and all of it comes.
            let resumed = try pair.shell("curl -sS --compressed -D - -o out -H 'If-Range: \(tag)' -H 'Range: bytes=5-9' URL/\(path)")
            #expect(resumed.hasPrefix("HTTP/1.1 200 "), "\(resumed)")
            let part = try pair.shell("curl -sS -i -H 'Accept-Encoding: gzip' -r 0-4 URL/\(path)")
            #expect(part.hasPrefix("HTTP/1.1 206 ") && part.hasSuffix("\r\n\r\n{\"id\""), "\(part)")
        }
    }

    @Test func pythonAndNodeReadIt() throws {
        let pair = try Pair()
        defer { pair.stop() }
        let python = """
            from gzip import decompress
            from urllib.request import Request, urlopen
            r = urlopen(Request("URL/a.json", headers={"Accept-Encoding": "gzip"}))
            assert r.headers["Content-Encoding"] == "gzip"
            print(decompress(r.read()).decode(), end="")
            """
        try pair.bench.write("ask.py", python.replacing("URL", with: "http://127.0.0.1:\(pair.server.port)"))
        #expect(try pair.shell("python3 ask.py") == Self.text)
        guard try !pair.shell("command -v node").isEmpty else { return }
        let node = """
            const zlib = require("node:zlib");
            require("node:http").get("URL/a.json", {headers: {"Accept-Encoding": "br"}}, (r) => {
              const pieces = [];
              r.on("data", (d) => pieces.push(d));
              r.on("end", () => process.stdout.write(zlib.brotliDecompressSync(Buffer.concat(pieces))));
            });
            """
        try pair.bench.write("ask.js", node.replacing("URL", with: "http://127.0.0.1:\(pair.server.port)"))
        #expect(try pair.shell("node ask.js") == Self.text)
    }

    /// Prepared answers of one URL side by side, each for who asks for it.
    @Test func hotHitsAreToldApartByWhatIsTaken() throws {
        let pair = try Pair()
        defer { pair.stop() }
        // From here on it is kept, and comes with its length.
        _ = try pair.shell("curl -sS -H 'Host: shop.test' -o out URL/kept/a.json")
        let client = try Client(port: pair.server.port)
        for _ in 0..<6 {
            for token in ["br", "zstd", "gzip", "", "gzip, br;q=0.5", "br;q=0", "*;q=0"] {
                let answer = try client.get("/kept/a.json", token.isEmpty ? [] : ["Accept-Encoding: \(token)"])
                let wanted = ["br": "br", "zstd": "zstd", "gzip": "gzip", "gzip, br;q=0.5": "gzip"][token]
                #expect(answer.fields["content-encoding"] == wanted, "\(token)")
                #expect(answer.fields["etag"]?.hasPrefix("W/") == (wanted != nil), "\(token)")
                if wanted == nil { #expect(answer.text == Self.text) }
            }
        }
    }

    @Test func explainSaysHowAndTheLogHowLong() throws {
        let pair = try Pair()
        defer { pair.stop() }
        _ = try pair.shell("curl -sS --compressed -H 'Accept-Encoding: br' -o out URL/a.json")
        let explained = try pair.bench.done("explain", "http://x/a.json", "--header", "Accept-Encoding: gzip")
        #expect(explained.contains("compress") && explained.contains("gets texts of 1 KB and more in gzip"), "\(explained)")
        #expect(eventually { pair.server.process.out.contains("\"encoding\":\"br\",\"plain\":\(Self.text.utf8.count)") })
    }
}
