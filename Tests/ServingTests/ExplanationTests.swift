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
