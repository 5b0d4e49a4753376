import HTTPEngine
import Manifests
import Model
import Snapshots
import Testing

@testable import Serving

@Suite struct WellKnownTests {
    private let site: SiteSnapshot

    init() throws {
        var test = try TestSite()
        let states: [ReleaseState] = [.canary, .current, .draining, .kept, .published]
        test.releases = try states.enumerated().map { [store = test.store] in try store.release([TestFile("index.html", "v\($0)")], $1) }
        test.current = 1
        test.revoked = [try test.store.release([TestFile("index.html", "revoked")], .revoked).manifest]
        site = test.snapshot
    }

    private func ask(_ target: String, _ fields: [String] = [], site: SiteSnapshot?, isStopping: Bool = false) throws -> Answer {
        let request = try Asked.detached(target, fields)
        let path = try TargetPath(request.exchange.bytes(request.exchange.head.target))
        return Answer(WellKnown.answer(request.exchange, path, site: site, isStopping: isStopping))
    }

    private func release(_ fields: [String] = [], query: String = "") throws -> String {
        let answer = try ask("/.well-known/tandem/release" + query, fields, site: site)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer["Cache-Control"] == "no-store")
        return answer.text
    }

    private func json(_ named: String?, _ state: String) -> String {
        "{\"named\":\(named.map { "\"\($0)\"" } ?? "null"),\"state\":\"\(state)\",\"current\":\"\(site.releases[1].hex)\"}\n"
    }

    @Test func aReleaseIsToldItsState() throws {
        for (release, state) in zip(site.releases, ["canary", "current", "draining", "kept", "unknown"]) {
            #expect(try self.release(["X-Deployment-Id: \(release.hex)"]) == json(release.hex, state))
            #expect(try self.release(query: "?dpl=\(release.id.short)") == json(release.id.short, state))
        }
        let revoked = site.revoked[0].id
        #expect(try release(["X-Deployment-Id: \(revoked.hex)"]) == json(revoked.hex, "revoked"))
        #expect(try release(["X-Deployment-Id: \(revoked.short)"]) == json(revoked.short, "revoked"))
    }

    @Test func whatNamesNoReleaseIsUnknown() throws {
        let nothing = String(repeating: "0", count: 64)
        #expect(try release(["X-Deployment-Id: \(nothing)"]) == json(nothing, "unknown"))
        #expect(try release() == json(nil, "unknown"))
        // Too short to name one.
        #expect(
            try release(["X-Deployment-Id: \(site.releases[1].hex.prefix(11))"]) == json(String(site.releases[1].hex.prefix(11)), "unknown")
        )
        #expect(
            try release(["X-Deployment-Id: \(site.revoked[0].id.hex.prefix(3))"])
                == json(String(site.revoked[0].id.hex.prefix(3)), "unknown"))
    }

    @Test func nothingButHexadecimalIsEchoed() throws {
        for pin in ["\"},\"x\":{\"", "<script>", "zz", String(repeating: "a", count: 65)] {
            #expect(try release(["X-Deployment-Id: \(pin)"]) == json(nil, "unknown"))
        }
    }

    @Test func theHeaderComesBeforeTheQuery() throws {
        #expect(
            try release(["X-Deployment-Id: \(site.releases[2].hex)"], query: "?dpl=\(site.releases[3].hex)")
                == json(site.releases[2].hex, "draining"))
    }

    @Test func withoutACurrentReleaseItSaysNull() throws {
        let answer = try ask("/.well-known/tandem/release", site: try TestSite().snapshot)
        #expect(answer.text == "{\"named\":null,\"state\":\"unknown\",\"current\":null}\n")
    }

    @Test func anUnknownHostIsMisdirected() throws {
        #expect(try ask("/.well-known/tandem/release", site: nil).status == 421)
    }

    @Test func healthIsOKUntilTheNodeStops() throws {
        for site in [site, nil] {
            let answer = try ask("/.well-known/tandem/health", site: site)
            #expect(answer.status == 200)
            #expect(answer.text == "ok\n")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(try ask("/.well-known/tandem/health", site: site, isStopping: true).status == 503)
        }
    }

    @Test func onlyTheTwoAreOurs() {
        #expect(WellKnown.isOurs(Array("/.well-known/tandem/health".utf8)))
        #expect(WellKnown.isOurs(Array("/.well-known/tandem/release".utf8)))
        for path in ["/.well-known/tandem/", "/.well-known/tandem/healthy", "/.well-known/tandem/release/", "/tandem/health"] {
            #expect(!WellKnown.isOurs(Array(path.utf8)))
        }
    }
}
