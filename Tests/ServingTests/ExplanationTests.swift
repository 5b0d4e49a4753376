import Model
import Snapshots
import Testing

@testable import Serving

/// What `tandem explain` says of names that are nearly there.
@Suite struct ExplanationTests {
    private func hint(_ path: String) throws -> String? {
        let site = try TestSite([
            TestFile("Docs/Intro.html", "a"), TestFile("Docs/deep/Page.txt", "b"), TestFile("index.html", "c"),
            TestFile("Straße/a.txt", "d"),
        ])
        let head = "GET \(path) HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"
        let explanation = Explanation(head: Array(head.utf8), snapshot: site.snapshot(1))
        #expect(explanation.status == 404)
        return withExtendedLifetime(site) { explanation.steps.first { $0.subject == "hint" }?.finding }
    }

    @Test func whatTheServerAnswersItselfIsNoName() throws {
        let site = try TestSite([TestFile("index.html", "c")])
        let head = "GET /.well-known/tandem/health HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"
        let explanation = Explanation(head: Array(head.utf8), snapshot: site.snapshot(1))
        #expect(explanation.status == 200)
        #expect(explanation.steps.map(\.finding) == ["answered by the server itself, before any route"])
        withExtendedLifetime(site) {}
    }

    @Test func whatARouteWantsOfItsClientsIsSaid() throws {
        var site = try TestSite([TestFile("index.html", "c")])
        var gate = RouteGate()
        gate.denied = [AddressPrefix(bytes: [10, 1, 0, 0], length: 16)]
        gate.allowed = [AddressPrefix(bytes: [10, 0, 0, 0], length: 8)]
        gate.limits = [RouteGate.Limit(key: .header("x-key"), requests: 5, periodMilliseconds: 10_000, burst: 5)]
        var route = SitePolicy.Route(path: .everything, action: .release(fallback: nil))
        route.gate = gate
        site.policy.routes = [route]
        let explanation = Explanation(head: Array("GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n".utf8), snapshot: site.snapshot(1))
        func said(_ subject: String) -> String? { explanation.steps.first { $0.subject == subject }?.finding }
        #expect(said("deny") == "403 for 10.1.0.0/16")
        #expect(said("allow") == "403 for all but 10.0.0.0/8")
        #expect(said("limit") == "429 for more than 5 in 10 s, by header:x-key")
        withExtendedLifetime(site) {}
    }

    @Test func aNameOfAnotherCaseIsPointedOut() throws {
        #expect(try hint("/docs/intro.html") == "differs only by case from Docs/Intro.html")
        #expect(try hint("/docs/intro") == "differs only by case from Docs/Intro.html")
        #expect(try hint("/INDEX.html") == "differs only by case from index.html")
    }

    @Test func aFolderOfAnotherCaseIsPointedOut() throws {
        #expect(try hint("/docs") == "differs only by case from Docs/")
        #expect(try hint("/docs/") == "differs only by case from Docs/")
        #expect(try hint("/Docs/DEEP/") == "differs only by case from Docs/deep/")
        #expect(try hint("/STRASSE/") == nil)
        #expect(try hint("/doc/") == nil)
    }
}
