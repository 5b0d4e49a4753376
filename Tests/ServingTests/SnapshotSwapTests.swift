import Dispatch
import HTTPEngine
import Manifests
import Model
import Snapshots
import Synchronization
import Testing

@testable import Serving

/// What several clients see of pages that name their release and its script.
private final class Visits: Sendable {
    /// By the number of the page, from 1.
    private let ids: [String]
    private let isOver = Atomic(false)
    private let found = Mutex<[String]>([])
    private let pages = Mutex<Set<Int>>([])

    init(ids: [String]) { self.ids = ids }

    var faults: [String] { found.withLock { $0 } }
    var seen: Int { pages.withLock { $0.count } }

    func end() { isOver.store(true, ordering: .relaxed) }
    private func fail(_ text: String) { found.withLock { $0.append(text) } }

    func run(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            fail("\(error)")
        }
    }

    func go(on client: TestClient) throws {
        while !isOver.load(ordering: .relaxed) { try visit(client) }
    }

    func visit(_ client: TestClient) throws {
        let page = try client.ask("/", [navigation])
        let words = page.body.split(separator: " ")
        guard page.status == 200, words.count == 2, let number = Int(words[0]) else { return fail("page \(page.status)") }
        pages.withLock { _ = $0.insert(number) }
        if page["X-Deployment-Id"] != ids[number - 1] { fail("page \(number) says another release") }
        if page["ETag"] != tag(page.body) { fail("page \(number) has another tag") }
        let script = try client.ask("/\(words[1])")
        if script.status != 200 || script.body != "script \(number)" { fail("\(script.status) for the script of page \(number)") }
        let pinned = try client.ask("/", ["X-Deployment-Id: \(ids[number - 1])"])
        if pinned.body != page.body { fail("a pin of \(number) gives \(pinned.body)") }
    }
}

/// Snapshots that come while requests are on their way.
@Suite struct SnapshotSwapTests {
    @Test func d3UnderLoadEveryAnswerIsWhollyOneReleases() throws {
        var site = try TestSite()
        let count = 40
        var snapshots: [Snapshot] = []
        for number in 1...count {
            let name = "app-\(digest("\(number)").hex.prefix(16)).js"
            let files = [TestFile("index.html", "\(number) \(name)"), TestFile(name, "script \(number)", .strong)]
            // The release before drains, and its names stay.
            site.releases =
                [try site.store.release(files)]
                + site.releases.map { ServedRelease(manifest: $0.manifest, encodings: nil, state: .draining) }
            snapshots.append(site.snapshot(UInt64(number)))
        }
        let visits = Visits(ids: site.releases.reversed().map(\.hex))
        let server = try TestServer(snapshots[0])
        defer { server.stop() }
        DispatchQueue.concurrentPerform(iterations: 4) { [snapshots] worker in
            visits.run {
                let client = try TestClient(server)
                if worker > 0 { return try visits.go(on: client) }
                defer { visits.end() }
                for snapshot in snapshots.dropFirst() {
                    server.follow(snapshot)
                    for _ in 0..<2 { try visits.visit(client) }
                }
            }
        }
        #expect(visits.faults == [])
        #expect(visits.seen >= count - 1)
    }

    @Test func anOlderSnapshotIsNotFollowed() throws {
        let old = try TestSite([TestFile("index.html", "old")])
        let new = try TestSite([TestFile("index.html", "new")])
        let server = try TestServer(new.snapshot(2))
        defer { server.stop() }
        server.follow(old.snapshot(1))
        server.follow(old.snapshot(2))
        #expect(try server.get("/").body == "new")
    }

    // MARK: Names on their way

    private static let name = "app-0123456789abcdef.js"

    private func arriving(waitMilliseconds: Int64) throws -> TestSite {
        var site = try TestSite([TestFile("index.html", "v1")])
        site.isArriving = true
        site.policy.arrivalWait = waitMilliseconds
        return site
    }

    @Test func d2ANameOnItsWayIsAnsweredWhenASnapshotBringsIt() throws {
        var site = try arriving(waitMilliseconds: 3_600_000)
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        let clients = try (0..<3).map { _ in try TestClient(server) }
        for client in clients { try client.send("/\(Self.name)") }
        server.waitForRequests(3)
        // Another snapshot without it leaves them waiting.
        server.follow(site.snapshot(2))
        #expect(try server.get("/").body == "v1")
        site.releases.insert(try site.store.release([TestFile(Self.name, "v2", .strong)], .published), at: 0)
        site.current = 1
        server.follow(site.snapshot(3))
        for client in clients {
            let answer = try client.receive()
            #expect(answer.status == 200)
            #expect(answer.body == "v2")
            #expect(answer["Cache-Control"] == "public, max-age=31536000, immutable")
            // The connection goes on.
            #expect(try client.ask("/").body == "v1")
        }
    }

    @Test func d2WhenNothingIsOnItsWayAnyMoreTheAnswerComesAtOnce() throws {
        var site = try arriving(waitMilliseconds: 3_600_000)
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        let client = try TestClient(server)
        try client.send("/\(Self.name)")
        server.waitForRequests(1)
        site.isArriving = false
        server.follow(site.snapshot(2))
        #expect(try client.receive().status == 404)
    }

    @Test func m5AfterTheWaitTheAnswerIs404AndIsNotRemembered() throws {
        var site = try arriving(waitMilliseconds: 30)
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        let before = ContinuousClock.now
        let answer = try server.get("/\(Self.name)")
        // The loop's clock is coarse by 4 ms.
        #expect(ContinuousClock.now - before >= .milliseconds(20))
        #expect(answer.status == 404)
        #expect(answer["Cache-Control"] == "no-store")
        let missing = server.takeTally()
        #expect(missing.missing.map(\.name) == ["/\(Self.name)"])
        site.releases.insert(try site.store.release([TestFile(Self.name, "v2", .strong)], .published), at: 0)
        site.current = 1
        server.follow(site.snapshot(2))
        #expect(try server.get("/\(Self.name)").body == "v2")
    }

    @Test func aVisitorWhoLeavesWhileWaitingIsForgotten() throws {
        var site = try arriving(waitMilliseconds: 3_600_000)
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        do {
            let client = try TestClient(server)
            try client.send("/\(Self.name)")
            server.waitForRequests(1)
            client.reset()
        }
        while server.onLoop({ loop, _ in loop.connectionCount }) > 0 {}
        site.isArriving = false
        server.follow(site.snapshot(2))
        #expect(try server.get("/").body == "v1")
    }

    @Test func moreThanTheLimitAreAnsweredAtOnce() throws {
        let site = try arriving(waitMilliseconds: 3_600_000)
        let server = try TestServer(site.snapshot(1))
        defer { server.stop() }
        let clients = try (0..<ArrivalWaiting.limit).map { _ in try TestClient(server) }
        for client in clients { try client.send("/\(Self.name)") }
        server.waitForRequests(UInt64(ArrivalWaiting.limit))
        #expect(try server.get("/\(Self.name)").status == 404)
    }
}
