import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Serving

/// Who gets which release (`contract.md`). Releases of the site, newest first: 0 canary, 1 current, 2 draining, 3 kept, 4 published.
@Suite struct ReleaseChoiceTests {
    private let store = TestStore()
    private let site: SiteSnapshot
    private let calm: SiteSnapshot

    init() throws {
        var test = try TestSite()
        let states: [ReleaseState] = [.canary, .current, .draining, .kept, .published]
        test.releases = try states.enumerated().map { [store] in try store.release([TestFile("index.html", "v\($0)")], $1) }
        test.current = 1
        calm = test.snapshot
        test.canary = SiteSnapshot.Canary(release: 0, share: Share(basisPoints: 500))
        site = test.snapshot
    }

    private func hex(_ release: Int) -> String { site.releases[release].hex }
    private func short(_ release: Int) -> String { String(hex(release).prefix(12)) }

    private func choose(
        _ site: SiteSnapshot, isNavigation: Bool, header: String? = nil, query: String? = nil, cookie: String? = nil, bucket: Int = 9999
    ) throws -> ReleaseChoice {
        let pins = RequestPins(
            header: header.map { Array($0.utf8) }, query: query.map { Array($0.utf8) },
            cookie: cookie.flatMap { RequestPins.cookie("tandem", in: Array("tandem=\($0)".utf8)) })
        return try #require(ReleaseChoice.make(site: site, isNavigation: isNavigation, pins: pins, newBucket: { bucket }))
    }

    @Test func withoutACurrentReleaseThereIsNoChoice() throws {
        var test = try TestSite([TestFile("a", "a")])
        test.current = nil
        #expect(ReleaseChoice.make(site: test.snapshot, isNavigation: true, pins: RequestPins(), newBucket: { 0 }) == nil)
    }

    // MARK: Navigations

    @Test func navigationsGetTheCurrentReleaseWhateverIsPinned() throws {
        for pin in [nil, hex(2), hex(0)] {
            let choice = try choose(calm, isNavigation: true, header: pin, query: pin)
            #expect(choice == ReleaseChoice(release: 1, means: .current, hasPin: pin != nil))
        }
    }

    @Test func withoutACanaryNobodyIsAskedForABucketAndNoCookieIsSet() throws {
        let choice = ReleaseChoice.make(
            site: calm, isNavigation: true, pins: RequestPins(),
            newBucket: {
                Issue.record("asked"); return 0
            })
        #expect(choice?.cookie == ReleaseChoice.CookieChange.none)
    }

    @Test func aCookieThatOutlivedItsCanaryExpiresAtANavigation() throws {
        #expect(try choose(calm, isNavigation: true, cookie: "3.\(short(0))").cookie == .expire)
        #expect(try choose(calm, isNavigation: true, cookie: "3.\(short(1))").cookie == ReleaseChoice.CookieChange.none)
        #expect(try choose(calm, isNavigation: false, cookie: "3.\(short(0))").cookie == ReleaseChoice.CookieChange.none)
    }

    @Test(arguments: [(0, 0), (499, 0), (500, 1), (9999, 1)]) func theBucketDecidesBetweenCanaryAndCurrent(bucket: Int, release: Int) throws
    {
        // The cookie's bucket counts and not a new one; with the right page in it there is nothing to set.
        let known = try choose(site, isNavigation: true, cookie: "\(bucket).\(short(release))", bucket: 9999 - bucket)
        #expect(known == ReleaseChoice(release: release, means: release == 0 ? .canary : .bucket))
        let elsewhere = try choose(site, isNavigation: true, cookie: "\(bucket).\(short(2))", bucket: 9999 - bucket)
        #expect(elsewhere.release == release)
        #expect(elsewhere.cookie == .set(bucket: bucket))
    }

    @Test(arguments: [0, 499, 500, 9999]) func withoutACookieANavigationGetsTheCurrentReleaseAndABucket(bucket: Int) throws {
        let fresh = try choose(site, isNavigation: true, bucket: bucket)
        #expect(fresh == ReleaseChoice(release: 1, means: .current, cookie: .set(bucket: bucket)))
        // The bucket that was drawn then decides about the next one.
        let next = try choose(site, isNavigation: true, cookie: "\(bucket).\(short(1))", bucket: 9999 - bucket)
        #expect(next.release == (bucket < 500 ? 0 : 1))
        // Who is no navigation draws nothing.
        #expect(try choose(site, isNavigation: false, bucket: bucket) == ReleaseChoice(release: 1, means: .current))
    }

    @Test func growingSharesNeverTakeAVisitorBack() throws {
        var test = try TestSite()
        test.releases = calm.releases
        test.current = 1
        var inside: Set<Int> = []
        let page = short(1)
        for share in [0, 1, 100, 500, 2500, 5000, 9999, 10_000] {
            test.canary = SiteSnapshot.Canary(release: 0, share: Share(basisPoints: share))
            let site = test.snapshot
            var now: Set<Int> = []
            for bucket in 0..<10_000 {
                let pins = RequestPins(cookie: RequestPins.Cookie(bucket: bucket, page: Substring(page)))
                let choice = ReleaseChoice.make(site: site, isNavigation: true, pins: pins, newBucket: { -1 })
                if choice?.release == 0 { now.insert(bucket) }
            }
            #expect(now.count == share)
            #expect(inside.isSubset(of: now))
            inside = now
        }
    }

    // MARK: Everything else

    @Test func pinsReachLiveReleasesOnly() throws {
        for (release, isLive) in [(0, true), (1, true), (2, true), (3, false), (4, false)] {
            for pin in [hex(release), short(release)] {
                let byHeader = try choose(site, isNavigation: false, header: pin)
                #expect(byHeader == ReleaseChoice(release: isLive ? release : 1, means: isLive ? .headerPin : .current, hasPin: true))
                let byQuery = try choose(site, isNavigation: false, query: pin)
                #expect(byQuery == ReleaseChoice(release: isLive ? release : 1, means: isLive ? .queryPin : .current, hasPin: true))
            }
            let byCookie = try choose(site, isNavigation: false, cookie: "1.\(short(release))")
            #expect(byCookie == ReleaseChoice(release: isLive ? release : 1, means: isLive ? .cookie : .current))
        }
    }

    @Test func theHeaderComesBeforeTheQueryBeforeTheCookie() throws {
        #expect(try choose(site, isNavigation: false, header: hex(2), query: hex(0), cookie: "1.\(short(1))").release == 2)
        #expect(try choose(site, isNavigation: false, query: hex(0), cookie: "1.\(short(2))").release == 0)
        #expect(try choose(site, isNavigation: false, cookie: "1.\(short(2))").release == 2)
        // What a pin cannot reach leaves the word to the next.
        let unknown = String(repeating: "0", count: 64)
        #expect(try choose(site, isNavigation: false, header: unknown, query: hex(3), cookie: "1.\(short(2))").means == .cookie)
        #expect(try choose(site, isNavigation: false, header: unknown, query: hex(2)).means == .queryPin)
    }

    @Test(arguments: ["", "x", "zzzzzzzzzzzz", "0123456789a", String(repeating: "0", count: 65), "../../etc/passwd"])
    func aPinThatNamesNothingIsPassedOver(pin: String) throws {
        #expect(try choose(site, isNavigation: false, header: pin, query: pin) == ReleaseChoice(release: 1, means: .current, hasPin: true))
    }

    @Test func s7WhatACookieDecidesIsPersonal() throws {
        #expect(try choose(site, isNavigation: true, cookie: "9999.\(short(1))").means.isPersonal)
        #expect(try choose(site, isNavigation: true, cookie: "0.\(short(1))").means.isPersonal)
        #expect(try choose(site, isNavigation: false, cookie: "1.\(short(2))").means.isPersonal)
        #expect(try !choose(site, isNavigation: false, header: hex(2)).means.isPersonal)
        #expect(try !choose(calm, isNavigation: true).means.isPersonal)
    }

    // MARK: The cookie

    @Test(
        arguments: [
            ("tandem=17.0123456789ab", 17), ("a=b; tandem=0.0123456789ab", 0), ("tandem=9999.0123456789AB; x=y", 9999),
            ("tandem=bad; tandem=5.0123456789ab", 5), ("xtandem=1.0123456789ab; tandem=2.0123456789ab", 2), ("tandem=0007.0123456789ab", 7),
            ("tandem=10000.0123456789ab", nil), ("tandem=-1.0123456789ab", nil), ("tandem=+1.0123456789ab", nil),
            ("tandem=-0.0123456789ab", nil),
            ("tandem=.0123456789ab", nil), ("tandem=1.0123456789a", nil), ("tandem=1.0123456789abc", nil), ("tandem=1.0123456789ag", nil),
            ("tandem=1", nil), ("tandem=", nil), ("tandem", nil), ("", nil), ("tandem=1.0123456789ab.x", nil),
            ("Tandem=1.0123456789ab", nil),
            ("tandem =1.0123456789ab", nil), ("tandem=\u{661}.0123456789ab", nil), ("tandem=00017.0123456789ab", nil),
            ("tandemx=1.0123456789ab", nil),
        ] as [(String, Int?)])
    func onlyOurCookieCounts(field: String, bucket: Int?) {
        let cookie = RequestPins.cookie("tandem", in: Array(field.utf8))
        #expect(cookie?.bucket == bucket)
        if let cookie { #expect(cookie.page.lowercased() == "0123456789ab") }
    }

    @Test func pinsAreReadWhereThePolicySaysTheyAre() throws {
        var policy = SitePolicy()
        policy.pin.header = "X-Release"
        policy.pin.query = "r"
        policy.pin.cookie = "page"
        let fields = ["x-release: aaa", "X-Deployment-Id: bbb", "Cookie: tandem=1.0123456789ab", "Cookie: page=2.0123456789ab"]
        let exchange = try Asked.detached("/?r=ccc&dpl=ddd", fields)
        let pins = Array("r=ccc&dpl=ddd".utf8).withUnsafeBufferPointer { RequestPins(exchange.exchange, query: $0, policy: policy) }
        #expect(pins.header == Array("aaa".utf8))
        #expect(pins.query == Array("ccc".utf8))
        #expect(pins.cookie == RequestPins.Cookie(bucket: 2, page: "0123456789ab"))
        #expect(RequestPins.areIn(exchange.exchange, policy: policy))
        let plain = try Asked.detached("/", ["Cookie: other=1", "X-Deployment-Id: bbb"])
        #expect(!RequestPins.areIn(plain.exchange, policy: policy))
    }
}
