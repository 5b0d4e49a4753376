import Testing

@testable import Snapshots

@Suite struct PathPatternTests {
    /// What the star stands for, as text.
    private func rest(_ pattern: SitePolicy.PathPattern, _ path: String) -> String? {
        Array(path.utf8).withUnsafeBufferPointer { bytes in pattern.match(bytes).map { String(decoding: bytes[$0], as: UTF8.self) } }
    }

    @Test func everythingMatchesAndItsStarIsWhatFollowsTheSlash() {
        #expect(rest(.everything, "/a/b") == "a/b")
        #expect(rest(.everything, "/") == "")
    }

    @Test func exactMatchesItselfOnly() {
        #expect(rest(.exact("/about"), "/about") == "")
        #expect(rest(.exact("/about"), "/about/") == nil)
        #expect(rest(.exact("/about"), "/About") == nil)
        #expect(rest(.exact("/about"), "/abou") == nil)
        #expect(rest(.exact("/größe"), "/größe") == "")
    }

    @Test func aPrefixMatchesWhatIsBelowIt() {
        #expect(rest(.prefix("/old/"), "/old/a/b") == "a/b")
        #expect(rest(.prefix("/old/"), "/old/") == "")
        #expect(rest(.prefix("/old/"), "/old") == nil)
        #expect(rest(.prefix("/old/"), "/older/x") == nil)
        #expect(rest(.prefix("/old/"), "//old/x") == nil)
    }
}
