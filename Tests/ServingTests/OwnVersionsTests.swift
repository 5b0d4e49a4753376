import Caching
import Foundation
import HTTPEngine
import Model
import Names
import Proxying
import Snapshots
import Testing

@testable import Serving

private func md5(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0).withBytes(of: .md5) { Hexadecimal.string($0) } }
}

/// A guarded proxy route of a site that publishes, before an origin that answers everything with v1's bytes, for a year.
private final class Guarded {
    let server: TestServer
    private let origin: TestServer
    private let folder: String
    private var site: TestSite

    init(_ files: [TestFile], isArriving: Bool = false, isGuarded: Bool = true, revoked: [TestFile] = []) throws {
        var careless = try TestSite()
        let v1 = SitePolicy.FixedAnswer(
            status: 200, type: "text/javascript", cacheControl: "public, max-age=31536000", fieldLines: [], body: Array("v1".utf8))
        careless.policy.routes = [SitePolicy.Route(path: .everything, action: .respond(v1))]
        origin = try TestServer(careless.snapshot(1))

        folder = FileManager.default.temporaryDirectory.appending(path: "tandem-own-\(UUID().uuidString)").path
        let cache = try SharedCache(path: folder, size: 64 << 20, memory: 8 << 20, boot: 1)
        var options = SiteServer.Options()
        options.cache = CacheNode(cache: cache, families: GuardFamilies(path: folder + "/families"))

        let server = UpstreamServer(name: "origin", origin: .tcp(host: "127.0.0.1", port: origin.port))
        var policy = ProxyPolicy(backend: BackendPolicy(number: 0, name: "app", servers: [server]))
        policy.cache = CachePolicy(site: .default)
        policy.cache?.guarding = isGuarded ? GuardPolicy() : nil
        site = try TestSite(files)
        site.current = nil
        site.isArriving = isArriving
        if !revoked.isEmpty { site.revoked = [try site.store.release(revoked).manifest] }
        site.policy.routes = [SitePolicy.Route(path: .everything, action: .proxy(ProxyRoute(policy)))]
        self.server = try TestServer(site.snapshot(1), options: options)
    }

    /// Another release is there, and nothing more is on its way.
    func publish(_ files: [TestFile]) throws {
        site.releases.insert(try site.store.release(files), at: 0)
        site.isArriving = false
        server.follow(site.snapshot(2))
    }

    func end() {
        server.stop()
        origin.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite struct OwnVersionsTests {
    private static func core(_ text: String) -> [TestFile] {
        [TestFile("js/core.js", text), TestFile("js/core_\(md5(text)).js", text, .proven), TestFile("js/app-CIiu7Ygf.js", text, .strong)]
    }
    private static func names(of text: String) -> [String] { ["/js/core.js?\(md5(text))", "/js/core_\(md5(text)).js"] }

    @Test func aNameOfAReleaseIsItsOwnToAnswer() throws {
        let guarded = try Guarded(Self.core("v2"))
        defer { guarded.end() }
        for name in Self.names(of: "v2") {
            let answer = try guarded.server.get(name)
            #expect(answer.body == "v2")
            #expect(answer["Cache-Control"] == "public, max-age=31536000, immutable")
        }
    }

    /// M5, M9: the name of a version that is not there yet.
    @Test func anUnknownVersionIsNotFoundAndNotRememberedUntilItIsPublished() throws {
        let guarded = try Guarded(Self.core("v0"))
        defer { guarded.end() }
        for name in Self.names(of: "v2") {
            for _ in 0..<2 {
                let answer = try guarded.server.get(name)
                #expect(answer.status == 404)
                #expect(answer["Cache-Control"] == "no-store")
            }
        }
        try guarded.publish(Self.core("v2"))
        for name in Self.names(of: "v2") { #expect(try guarded.server.get(name).body == "v2") }
    }

    @Test func aServerThatProvesToHaveAVersionIsBelieved() throws {
        let guarded = try Guarded(Self.core("v0"))
        defer { guarded.end() }
        for name in Self.names(of: "v1") {
            let answer = try guarded.server.get(name)
            #expect(answer.body == "v1")
            #expect(answer["Cache-Control"] == "public, max-age=31536000")
        }
    }

    @Test func anUnknownVersionThatIsOnItsWayWaitsForIt() throws {
        let guarded = try Guarded(Self.core("v0"), isArriving: true)
        defer { guarded.end() }
        let client = try TestClient(guarded.server)
        try client.send(Self.names(of: "v2")[0])
        guarded.server.waitForRequests(1)
        try guarded.publish(Self.core("v2"))
        #expect(try client.receive().body == "v2")
    }

    @Test func whatNoReleaseHasVersionsOfIsTheServersToAnswer() throws {
        let guarded = try Guarded(Self.core("v0"))
        defer { guarded.end() }
        #expect(try guarded.server.get("/js/other.js?\(md5("v1"))").body == "v1")
        // Of a bundler's own digest nobody can say what it should be.
        let provisional = try guarded.server.get("/js/app-BIiu7Ygx.js")
        #expect(provisional.body == "v1" && provisional["Cache-Control"] == "public, max-age=60")
        #expect(try guarded.server.get("/js/core.js").body == "v1")
    }

    @Test func whatOnlyARevokedReleaseHadIsGone() throws {
        let guarded = try Guarded(Self.core("v0"), revoked: Self.core("v1"))
        defer { guarded.end() }
        for name in Self.names(of: "v1") {
            let answer = try guarded.server.get(name)
            #expect(answer.status == 410)
            #expect(answer["Cache-Control"] == "no-store")
        }
    }

    @Test func aRouteWithoutAGuardAsksItsServer() throws {
        let guarded = try Guarded(Self.core("v2"), isGuarded: false)
        defer { guarded.end() }
        for name in Self.names(of: "v2") { #expect(try guarded.server.get(name).body == "v1") }
    }
}
