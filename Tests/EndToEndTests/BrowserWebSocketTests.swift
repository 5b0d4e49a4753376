import Foundation
import Glibc
import TestPatience
import Testing

/// A browser's WebSocket: over a connection of HTTP/2 that is there already it asks with an extended CONNECT (RFC 8441).
@Suite(.enabled(if: Program.isBuilt && Chromium.isInstalled, "no program, or no Chromium to try it with"))
struct BrowserWebSocketTests {
    /// The image holds up the end of loading, and with it what is printed, until the WebSocket has closed.
    private static let page = """
        <!doctype html><title>WebSocket</title><img src=/wait><pre id=seen></pre><script>
        const say = words => document.getElementById("seen").textContent += words + "; ";
        say(performance.getEntriesByType("navigation")[0].nextHopProtocol);
        const socket = new WebSocket(`wss://${location.host}/echo`);
        let count = 0;
        socket.binaryType = "arraybuffer";
        socket.onopen = () => { socket.send("hello"); socket.send(new Uint8Array(3000000)); };
        socket.onmessage = event => {
          say(event.data.byteLength ?? event.data);
          if (++count == 2) socket.close(4001, "bye");
        };
        socket.onclose = event => say(`${event.code} ${event.reason} ${event.wasClean}`);
        </script>
        """

    @Test func chromiumEchoesOverHTTP2() throws {
        let echo = try EchoServer()
        defer { echo.end() }
        let bench = try Bench(hasConfiguration: false)
        try bench.write(
            "tandem.yaml",
            """
            data: \(bench.data)
            listen: [{address: "127.0.0.1:0", tls: internal}]
            log: {access: "\(bench.root)/access.log"}
            sites:
              default:
                hosts: ["*"]
                routes:
                  - {path: /echo, proxy: {backend: app}}
                  - {path: /wait, proxy: {backend: app}}
                  - {path: /*, release: {}}
                backends: {app: {servers: [{url: "http://127.0.0.1:\(echo.port)"}]}}

            """)
        try bench.write("site/index.html", Self.page)
        try bench.done("publish", "\(bench.root)/site", "--activate")
        let process = try bench.start(["serve"])
        try #require(eventually { process.error.contains("ready (process") })
        let port = try #require(process.error.components(separatedBy: "https://127.0.0.1:").dropFirst().first?.prefix { $0.isNumber })
        let browsing = try Running(
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--user-data-dir=\(bench.root)/profile",
                "--dump-dom", "https://127.0.0.1:\(port)/",
            ], in: bench.root, environment: [:], program: Chromium.path)
        let seen = browsing.wait().out
        #expect(seen.contains("h2; hello; 3000000; 4001 bye true; "), "\(seen)")
        #expect(echo.closeCodes == [4001])
        process.signal(SIGTERM)
        #expect(process.wait().code == 0)
        let log = String(decoding: FileManager.default.contents(atPath: "\(bench.root)/access.log") ?? Data(), as: UTF8.self)
        let line = log.split(separator: "\n").first { $0.contains("\"target\":\"/echo\"") } ?? ""
        #expect(line.contains("\"protocol\":\"HTTP/2.0\",\"method\":\"CONNECT\"") && line.contains("\"status\":200"), "\(line)")
    }
}

enum Chromium {
    static let path = "/usr/bin/chromium"
    static let isInstalled = access(path, X_OK) == 0
}
