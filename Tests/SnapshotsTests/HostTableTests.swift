import Manifests
import Model
import Testing

@testable import Snapshots

@Suite struct HostTableTests {
    private static func site(_ name: String, _ hosts: [HostPattern]) -> SiteSnapshot {
        SiteSnapshot(
            name: SiteName(name)!, hosts: hosts, policy: SitePolicy(), releases: [], union: UnionIndex(releases: [], merged: nil),
            current: nil, canary: nil)
    }

    private static let sites = [
        site("shop", [.exact("shop.example.com"), .suffix(".shop.example.com")]),
        site("wide", [.suffix(".example.com"), .suffix(".example.org")]),
        site("deep", [.suffix(".a.shop.example.com"), .exact("b.a.shop.example.com")]),
        site("six", [.exact("[::1]"), .exact("127.0.0.1")]),
    ]

    private func find(_ authority: String, in sites: [SiteSnapshot] = HostTableTests.sites) -> String? {
        let table = HostTable(sites: sites)
        return Array(authority.utf8).withUnsafeBufferPointer { table.find($0) }.map { sites[$0].name.text }
    }

    @Test(arguments: [
        ("shop.example.com", "shop"), ("SHOP.Example.COM", "shop"), ("shop.example.com:8443", "shop"), ("shop.example.com.", "shop"),
        ("shop.example.com.:443", "shop"), ("shop.example.com:", "shop"),
        ("www.shop.example.com", "shop"), ("x.y.shop.example.com", "shop"),
        ("other.example.com", "wide"), ("example.com", nil), ("a.b.example.org:1", "wide"), ("WWW.EXAMPLE.ORG", "wide"),
        ("c.a.shop.example.com", "deep"), ("b.a.shop.example.com", "deep"), ("a.shop.example.com", "shop"),
        ("[::1]", "six"), ("[::1]:80", "six"), ("127.0.0.1:8080", "six"), ("::1", nil), ("[::2]", nil),
        ("shop.example.com.evil.net", nil), ("evilshop.example.net", nil), ("notshop.example.com", "wide"), ("", nil), (":80", nil),
        (".", nil), (".example.com", nil), ("..example.com", "wide"), ("shop.example.com..", nil), ("[", nil),
        ("shop@example.com", nil),
    ])
    func hostsFindTheirSite(authority: String, expected: String?) {
        #expect(find(authority) == expected)
    }

    @Test func onlyLettersFold() {
        // `[` and `{` differ in the bit that tells cases apart, `@` and the backquote too.
        let sites = [Self.site("brace", [.exact("{a`")])]
        #expect(find("{A`", in: sites) == "brace")
        #expect(find("[a@", in: sites) == nil)
    }

    @Test func theDefaultTakesWhatNobodyElseHas() {
        let sites = Self.sites + [Self.site("default", [.any]), Self.site("second", [.any])]
        #expect(find("unknown.net", in: sites) == "default")
        #expect(find("", in: sites) == "default")
        #expect(find("shop.example.com", in: sites) == "shop")
    }

    @Test func exactNamesComeBeforeWildcardsWhateverTheOrder() {
        let sites = [Self.site("wild", [.suffix(".example.com")]), Self.site("exact", [.exact("www.example.com")])]
        #expect(find("www.example.com", in: sites) == "exact")
        #expect(find("www.example.com", in: sites.reversed()) == "exact")
    }

    @Test func theSnapshotAsksTheTable() {
        let snapshot = Snapshot(number: 1, sites: Self.sites, blobs: BlobReader(folder: "/nowhere"))
        #expect(Array("x.example.org".utf8).withUnsafeBufferPointer { snapshot.site(for: $0) } == 1)
        #expect(Array("nowhere".utf8).withUnsafeBufferPointer { snapshot.site(for: $0) } == nil)
    }
}
