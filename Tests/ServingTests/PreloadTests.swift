import HTTPEngine
import Manifests
import Model
import Snapshots
import Testing

@testable import Serving

/// `Link` and `103 Early Hints`, over a real socket.
@Suite struct PreloadTests {
    private static let link = "</a.js>; rel=modulepreload"
    private static let files = [
        TestFile("index.html", "home"), TestFile("plain.html", "plain"), TestFile("a.js", "code"),
        TestFile("b-0123456789abcdef.js", "code b", .proven),
    ]

    private func serve(_ preload: SitePolicy.PreloadPolicy, _ body: (TestServer) throws -> Void) throws {
        var site = try TestSite(Self.files)
        site.policy.preload = preload
        let release = site.releases[0]
        let image = PreloadsImage(
            manifest: release.manifest, fields: ["index.html": Self.link, "b-0123456789abcdef.js": "no", "gone": "no"])
        let preloads = Preloads(path: site.store.write(image.bytes, as: "preloads"), manifest: release.manifest)
        site.releases[0] = ServedRelease(manifest: release.manifest, encodings: release.encodings, preloads: preloads, state: .current)
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        try body(server)
    }

    /// All that comes for a request on a connection that closes after it.
    private func heads(_ server: TestServer, _ lines: [String], version: String = "1.1") throws -> [String] {
        let request = ["GET / HTTP/\(version)", "Host: shop.example.com", "Connection: close"] + lines
        let all = try TestClient(server).conversation(request.joined(separator: "\r\n") + "\r\n\r\n")
        return all.split(separator: "\r\n").map(String.init).filter { $0.hasPrefix("HTTP/1.1") || $0.hasPrefix("Link") }
    }

    @Test func aPageNamesWhatItWillFetch() throws {
        try serve(.links) { (server) throws in
            // Twice: the second comes from the table.
            for _ in 0..<2 { #expect(try server.get("/")["Link"] == Self.link) }
            #expect(try server.get("/plain.html")["Link"] == nil)
            #expect(try server.get("/b-0123456789abcdef.js")["Link"] == nil)
            #expect(try server.get("/", ["If-None-Match: \(tag("home"))"])["Link"] == nil)
            #expect(try server.get("/", method: "HEAD")["Link"] == Self.link)
        }
    }

    @Test func nothingIsSaidWhereTheSiteDoesNotAsk() throws {
        try serve(.off) { (server) throws in #expect(try server.get("/")["Link"] == nil) }
    }

    @Test func anEarlyHeadGoesToBrowsersThatGoToAPage() throws {
        try serve(.early) { (server) throws in
            let both = ["HTTP/1.1 103 Early Hints", "Link: \(Self.link)", "HTTP/1.1 200 OK", "Link: \(Self.link)"]
            let one = Array(both[2...])
            for _ in 0..<2 {
                #expect(try heads(server, [navigation]) == both)
                #expect(try heads(server, []) == one)
                #expect(try heads(server, ["Sec-Fetch-Mode: cors"]) == one)
                #expect(try heads(server, [navigation], version: "1.0") == one)
                #expect(try heads(server, [navigation, "If-None-Match: \(tag("home"))"]) == ["HTTP/1.1 304 Not Modified"])
            }
        }
        try serve(.links) { (server) throws in #expect(try heads(server, [navigation]).count == 2) }
    }

    @Test func aDamagedFileSaysNothing() throws {
        let site = try TestSite(Self.files)
        let manifest = site.releases[0].manifest
        let good = PreloadsImage(manifest: manifest, fields: ["index.html": Self.link]).bytes
        let entry = try #require(manifest.find("index.html"))
        func field(_ change: (inout [UInt8]) -> Void) -> [UInt8]? {
            var bytes = good
            change(&bytes)
            return Preloads(path: site.store.write(bytes, as: "changed"), manifest: manifest)?.field(entry)
        }
        #expect(field { _ in } == Array(Self.link.utf8))
        for place in 0..<60 { #expect(field { $0[place] ^= 0x55 } == nil, "byte \(place)") }
        for count in [0, 12, 47, 59] { #expect(field { $0 = Array($0[..<count]) } == nil) }
        // A line break would be another field.
        #expect(field { $0[$0.count - 3] = 0x0d } == nil)
    }
}
