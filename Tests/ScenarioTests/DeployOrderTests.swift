import Model
import Rollouts
import Testing

/// `scenarios.md`, Deploy order and what breaks elsewhere, by id; each for names by query and by file name.
@Suite struct DeployOrderTests {
    enum Warmth: CaseIterable, Sendable { case warm, partlyExpired, cold }
    static let forms = Build.Form.allCases.filter { $0 != .mixed }

    /// Two builds of one form; the first is live and was visited by visitor 0.
    private func world(_ form: Build.Form, _ terms: World.Terms = World.Terms(canary: []), second: Build.Form? = nil) async throws -> World
    {
        let library = try await Library([Build(number: 0, form: form), Build(number: 1, form: second ?? form)])
        let world = try World(library, terms)
        try world.publish(0)
        try world.activate(0)
        try world.load(0)
        return world
    }

    private func expire(_ warmth: Warmth, _ world: World) {
        switch warmth {
        case .warm: break
        case .partlyExpired: world.shared.evict { $0.hasPrefix("/js/core") }
        case .cold: world.shared.evict()
        }
    }

    private func ask(_ world: World, _ reference: Reference, _ visitor: Int = 1) throws -> Reply {
        try world.ask(visitor, Ask(target: reference.target))
    }

    @Test("D1, M5: assets of v2 first; v1 pages get v1 bytes", arguments: forms, Warmth.allCases)
    func assetsFirst(_ form: Build.Form, _ warmth: Warmth) async throws {
        let world = try await world(form)
        try world.publish(1, isAssetsOnly: true)
        expire(warmth, world)
        try world.load(1)
        #expect(world.visitors[1].tab?.build == 0)
        try world.loadChunk(of: 0, 1)
        #expect(try ask(world, world.library.builds[1].assets[0]).body == world.library.builds[1].assets[0].bytes)
        try world.checkCaches()
        try world.publish(1)
        try world.activate(1)
        try world.load(2)
        #expect(world.visitors[2].tab?.build == 1)
        try world.checkCaches()
    }

    @Test(
        "D2, M1, M2, M4: pages of v2 first; its names wait, then 404 not remembered, then heal by themselves", arguments: forms,
        Warmth.allCases)
    func pagesFirst(_ form: Build.Form, _ warmth: Warmth) async throws {
        let world = try await world(form)
        expire(warmth, world)
        let early = try ask(world, world.library.builds[1].assets[0])
        #expect(early.status == 404 && early.has("no-store") && !early.mayArrive)
        try world.beginPublish(1)
        let waiting = try ask(world, world.library.builds[1].assets[0])
        #expect(waiting.status == 404 && waiting.has("no-store") && waiting.mayArrive)
        try world.load(2)
        #expect(world.visitors[2].tab?.build == 0)
        try world.checkCaches()
        try world.commitPublish()
        let arrived = try ask(world, world.library.builds[1].assets[0])
        #expect(arrived.status == 200 && arrived.body == world.library.builds[1].assets[0].bytes)
        try world.loadAssets(of: 0, 2)
        try world.loadChunk(of: 0, 2)
    }

    @Test("D3: nobody sees v2 until all of it is there, nor after its publish died", arguments: forms)
    func oneUnorderedPublish(_ form: Build.Form) async throws {
        let world = try await world(form)
        try world.beginPublish(1)
        try world.load(1)
        #expect(world.visitors[1].tab?.build == 0)
        #expect(try ask(world, world.library.builds[1].chunk).status == 404)
        try world.kill(downFor: .seconds(90))
        let after = try ask(world, world.library.builds[1].chunk)
        #expect(after.status == 404 && !after.mayArrive)
    }

    @Test("D5, M13: an unchanged name keeps its bytes, its cache entry and its hits", arguments: forms)
    func unchangedNames(_ form: Build.Form) async throws {
        let world = try await world(form)
        let shared = world.library.builds[0].assets[1]
        #expect(world.library.builds[1].assets[1] == shared)
        try world.publish(1)
        try world.activate(1)
        let asked = world.originRequests
        let reply = try ask(world, shared)
        #expect(reply.isFromCache && reply.body == shared.bytes)
        #expect(world.originRequests == asked)
    }

    @Test("D7, M4: a page kept by browsers for a day works, and the drain does not end before it can be gone", arguments: forms)
    func pagesKeptForADay(_ form: Build.Form) async throws {
        var terms = World.Terms(canary: [], deadline: .seconds(3 * 86_400), documentSeconds: 86_400)
        terms.retention = RetentionPolicy(
            keep: 1, minimumAge: .seconds(7 * 86_400), maximumAge: .seconds(30 * 86_400), quiet: .seconds(240))
        let world = try await world(form, terms)
        try world.publish(1)
        try world.activate(1)
        try world.pass(.seconds(80_000))
        #expect(world.book.releases[0]?.state == .draining)
        world.shared.evict()
        try world.back(0)
        #expect(world.visitors[0].tab?.build == 0)
        try world.askPinned(0, .header, 0)
        try world.pass(.seconds(7_200))
        #expect(world.book.releases[0]?.state == .kept)
        try world.expire()
        try world.loadChunk(of: 0, 0)
    }

    @Test("D9, M12: names change their form; both resolve", arguments: Build.Form.allCases, Build.Form.allCases)
    func mixedForms(_ first: Build.Form, _ second: Build.Form) async throws {
        let world = try await world(first, second: second)
        try world.publish(1)
        try world.activate(1)
        world.shared.evict()
        world.visitors[0].browser.evict { $0.hasPrefix("/js/") }
        try world.loadAssets(of: 0, 0)
        try world.loadChunk(of: 0, 0)
        try world.load(1)
        try world.loadChunk(of: 1, 1)
        try world.checkCaches()
    }

    @Test("M14: a fixed name revalidates", arguments: forms)
    func fixedName(_ form: Build.Form) async throws {
        let library = try await Library([Build(number: 0, form: form), Build(number: 2, form: form)])
        let world = try World(library, World.Terms(canary: []))
        try world.publish(0)
        try world.activate(0)
        #expect(try world.ask(1, Ask(target: "/fixed.css")).body == library.builds[0].fixed)
        try world.publish(1)
        try world.activate(1)
        let reply = try world.ask(1, Ask(target: "/fixed.css"))
        #expect(reply.body == library.builds[1].fixed && reply.has("no-cache"))
    }

    @Test("M17: one release is revoked; what others have stays", arguments: forms)
    func purgeByRelease(_ form: Build.Form) async throws {
        let world = try await world(form)
        try world.publish(1)
        try world.activate(1)
        try world.operate(.revoked(0)) { _ = try $0.revoke(World.site, world.id(0), now: world.now) }
        world.shared.evict()
        let gone = try ask(world, world.library.builds[0].assets[0])
        #expect(gone.status == 410 && gone.has("no-store"))
        #expect(try ask(world, world.library.builds[0].assets[1]).status == 200)
        try world.load(1)
        try world.checkCaches()
    }
}
