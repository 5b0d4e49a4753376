import Model
import Testing

/// `scenarios.md`, S1–S7, each once by name; `ModelTests` holds them over random sequences.
@Suite struct AlwaysTrueTests {
    private func world(_ form: Build.Form, _ terms: World.Terms = World.Terms()) async throws -> World {
        let library = try await Library((0..<3).map { Build(number: $0 * 2, form: form) })
        let world = try World(library, terms)
        for build in 0..<2 { try world.publish(build) }
        try world.activate(0)
        try world.load(0)
        return world
    }

    @Test("S1: every name of every release has the bytes it says, whatever is pinned", arguments: DeployOrderTests.forms)
    func rightBytes(_ form: Build.Form) async throws {
        let world = try await world(form)
        for build in 0..<2 {
            for reference in world.library.builds[build].assets + [world.library.builds[build].chunk] {
                let reply = try world.ask(1, Ask(target: reference.target, fields: ["x-deployment-id": world.id(1 - build).hex]))
                #expect(reply.status == 200 && reply.body == reference.bytes && reply.has("immutable"))
            }
        }
    }

    @Test("S2: a miss and a page never stand under a name", arguments: DeployOrderTests.forms)
    func nothingPoisoned(_ form: Build.Form) async throws {
        let world = try await world(form)
        for number in 0..<4 { try world.probe(number, 1) }
        let absent = try world.ask(1, Ask(target: world.library.builds[2].chunk.target))
        #expect(absent.status == 404 && absent.has("no-store"))
        try world.checkCaches()
    }

    @Test("S3: a page gets its late chunk until retention removes its release, then 404 not remembered", arguments: DeployOrderTests.forms)
    func noBrokenPage(_ form: Build.Form) async throws {
        let world = try await world(form, World.Terms(canary: []))
        try world.pass(.seconds(1))
        try world.activate(1)
        try world.pass(.seconds(600))
        #expect(world.book.releases[0]?.state == .kept)
        try world.loadChunk(of: 0, 0)
        try world.publish(2)
        try world.activate(2)
        try world.pass(.seconds(2500))
        try world.expire()
        #expect(world.book.releases[0] == nil)
        world.shared.evict()
        world.visitors[0].browser.evict()
        let gone = try world.ask(0, Ask(target: world.library.builds[0].chunk.target))
        #expect(gone.status == 404 && gone.has("no-store"))
    }

    @Test(
        "S4: a pin reaches its release until that has drained, and no longer", arguments: World.PinMeans.allCases.filter { $0 != .cookie })
    func noMixedTalk(_ means: World.PinMeans) async throws {
        let world = try await world(.query, World.Terms(canary: []))
        try world.activate(1)
        for _ in 0..<5 {
            try world.pass(.seconds(180))
            try world.askPinned(0, means, 1)
            #expect(world.book.releases[0]?.state == .draining)
        }
        try world.pass(.seconds(600))
        #expect(world.book.releases[0]?.state == .kept)
        try world.askPinned(0, means, 1)
    }

    @Test("S5: activations, rollbacks and gc cut nobody off", arguments: DeployOrderTests.forms)
    func noCut(_ form: Build.Form) async throws {
        let world = try await world(form, World.Terms(canary: []))
        for turn in 0..<20 {
            try world.activate((turn + 1) % 2)
            try world.load(turn % 3)
            try world.loadChunk(of: turn % 2, 2)
            try world.collect()
        }
        try world.rollback()
        try world.load(0)
    }

    @Test("S6: a kill in the middle of a canary loses nothing", arguments: [false, true])
    func nothingLost(_ isOnDisk: Bool) async throws {
        let world = try await world(.query, World.Terms(isOnDisk: isOnDisk))
        try world.activate(1)
        #expect(world.book.canary?.build == 1)
        try world.kill(downFor: .seconds(30))
        #expect(world.book.canary?.build == 1)
        for _ in 0..<5 { try world.pass(.seconds(120)) }
        #expect(world.book.current == 1)
        try world.load(1)
    }

    @Test("S7: a visitor's canary, pin and cookie stay that visitor's", arguments: [nil, 180])
    func nothingLeaks(_ documentSeconds: Int?) async throws {
        let world = try await world(.query, World.Terms(documentSeconds: documentSeconds))
        try world.activate(1)
        world.visitors[0].cookie = "0.\(world.id(1).short)"
        world.visitors[0].browser.evict()
        world.shared.evict()
        try world.load(0)
        #expect(world.visitors[0].tab?.build == 1)
        try world.askPinned(1, .header, 0)
        try world.askPinned(1, .cookie, 0)
        for visitor in 1..<3 {
            try world.askPlain(visitor)
            world.visitors[visitor].cookie = "9999.\(world.id(0).short)"
            try world.load(visitor)
            #expect(world.visitors[visitor].tab?.build == 0)
        }
        try world.checkCaches()
    }
}
