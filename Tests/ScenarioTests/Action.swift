import Model
import Rollouts
import TestSeeds

/// One thing that happens. Its numbers are taken modulo what there is, so that a sequence stays one when others are left out.
enum Action: CustomStringConvertible {
    case publish(Int), beginPublish(Int), commitPublish
    case activate(Int), canary(Int, percent: Int), hold, resume, advance, abort, rollback, retire(Int), revoke(Int)
    case protect(Int), unprotect(Int)
    case pass(seconds: Int), expire, collect, kill(downForSeconds: Int)
    case load(visitor: Int, about: Bool), chunk(visitor: Int), back(visitor: Int), pinned(Int, Int, visitor: Int), plain(visitor: Int)
    case probe(Int, visitor: Int), loseShared(Int), loseBrowser(visitor: Int), newVisitor(Int)

    static func random(using random: inout SeededGenerator) -> Action {
        func number(_ below: Int) -> Int { Int.random(in: 0..<below, using: &random) }
        switch number(100) {
        case 0..<9: return .publish(number(12))
        case 9..<11: return .beginPublish(number(12))
        case 11..<13: return .commitPublish
        case 13..<21: return .activate(number(12))
        case 21..<25: return .canary(number(12), percent: [5, 20, 50][number(3)])
        case 25..<26: return .hold
        case 26..<27: return .resume
        case 27..<29: return .advance
        case 29..<31: return .abort
        case 31..<34: return .rollback
        case 34..<35: return .retire(number(12))
        case 35..<36: return .revoke(number(12))
        case 36..<37: return .protect(number(12))
        case 37..<38: return .unprotect(number(12))
        case 38..<48: return .pass(seconds: [1, 60, 130, 300, 700, 1300][number(6)])
        case 48..<52: return .expire
        case 52..<54: return .collect
        case 54..<57: return .kill(downForSeconds: [0, 5, 200, 5000][number(4)])
        case 57..<72: return .load(visitor: number(3), about: number(4) == 0)
        case 72..<79: return .chunk(visitor: number(3))
        case 79..<83: return .back(visitor: number(3))
        case 83..<89: return .pinned(number(12), number(3), visitor: number(3))
        case 89..<92: return .plain(visitor: number(3))
        case 92..<95: return .probe(number(50), visitor: number(3))
        case 95..<97: return .loseShared(number(3))
        case 97..<98: return .loseBrowser(visitor: number(3))
        default: return .newVisitor(number(3))
        }
    }

    /// How long a release has to be live or kept before the rest means anything: the first builds come and go live.
    static func sequence(seed: UInt64, count: Int) -> [Action] {
        var random = SeededGenerator(seed: seed)
        let first = Int.random(in: 0..<12, using: &random)
        return [.publish(first), .activate(first), .load(visitor: 0, about: false)]
            + (3..<count).map { _ in Action.random(using: &random) }
    }

    func perform(in world: World) throws {
        switch self {
        case .publish(let build): try world.publish(build)
        case .beginPublish(let build) where world.openPublish == nil: try world.beginPublish(build)
        case .beginPublish: break
        case .commitPublish: try world.commitPublish()
        case .activate(let number): try known(number, world) { try world.activate($0) }
        case .canary(let number, let percent):
            try known(number, world) { try world.activate($0, from: Share(basisPoints: percent * 100)) }
        case .hold: try world.operate(.operated(nil)) { _ = try $0.hold(World.site, now: world.now) }
        case .resume: try world.operate(.operated(nil)) { _ = try $0.resume(World.site, now: world.now) }
        case .advance: try world.operate(.operated(nil)) { _ = try $0.advance(World.site, now: world.now) }
        case .abort: try world.operate(.operated(nil)) { _ = try $0.abort(World.site, now: world.now) }
        case .rollback: try world.rollback()
        case .retire(let number):
            try known(number, world) { build in
                try world.operate(.retired(build)) { _ = try $0.retire(World.site, world.id(build), now: world.now) }
            }
        case .revoke(let number):
            try known(number, world) { build in
                try world.operate(.revoked(build)) { _ = try $0.revoke(World.site, world.id(build), now: world.now) }
            }
        case .protect(let number): try protect(number, true, world)
        case .unprotect(let number): try protect(number, false, world)
        case .pass(let seconds): try world.pass(.seconds(seconds))
        case .expire: try world.expire()
        case .collect: try world.collect()
        case .kill(let seconds): try world.kill(downFor: .seconds(seconds))
        case .load(let visitor, let about): try world.load(visitor, page: about ? "about.html" : "index.html")
        case .chunk(let visitor):
            if let tab = world.visitors[visitor].tab { try world.loadChunk(of: tab.build, visitor) }
        case .back(let visitor): try world.back(visitor)
        case .pinned(let number, let means, let visitor):
            try known(number, world) { try world.askPinned($0, World.PinMeans.allCases[means], visitor) }
        case .plain(let visitor): try world.askPlain(visitor)
        case .probe(let number, let visitor): try world.probe(number, visitor)
        case .loseShared(let part): world.shared.evict { part == 0 || ($0.utf8.count + part).isMultiple(of: 2) }
        case .loseBrowser(let visitor): world.visitors[visitor].browser.evict()
        case .newVisitor(let visitor): world.visitors[visitor] = World.Visitor()
        }
        try world.checkCaches()
    }

    /// The nth build that is known; nothing happens while there is none.
    private func known(_ number: Int, _ world: World, _ act: (Int) throws -> Void) throws {
        let builds = world.book.releases.keys.sorted()
        if !builds.isEmpty { try act(builds[number % builds.count]) }
    }

    private func protect(_ number: Int, _ isProtected: Bool, _ world: World) throws {
        try known(number, world) { build in
            try world.controller.protect(World.site, world.id(build), isProtected, now: world.now)
            world.book.releases[build]?.isProtected = isProtected
            try world.follow()
        }
    }

    var description: String {
        switch self {
        case .publish(let n): ".publish(\(n))"
        case .beginPublish(let n): ".beginPublish(\(n))"
        case .commitPublish: ".commitPublish"
        case .activate(let n): ".activate(\(n))"
        case .canary(let n, let percent): ".canary(\(n), percent: \(percent))"
        case .hold: ".hold"
        case .resume: ".resume"
        case .advance: ".advance"
        case .abort: ".abort"
        case .rollback: ".rollback"
        case .retire(let n): ".retire(\(n))"
        case .revoke(let n): ".revoke(\(n))"
        case .protect(let n): ".protect(\(n))"
        case .unprotect(let n): ".unprotect(\(n))"
        case .pass(let seconds): ".pass(seconds: \(seconds))"
        case .expire: ".expire"
        case .collect: ".collect"
        case .kill(let seconds): ".kill(downForSeconds: \(seconds))"
        case .load(let visitor, let about): ".load(visitor: \(visitor), about: \(about))"
        case .chunk(let visitor): ".chunk(visitor: \(visitor))"
        case .back(let visitor): ".back(visitor: \(visitor))"
        case .pinned(let n, let means, let visitor): ".pinned(\(n), \(means), visitor: \(visitor))"
        case .plain(let visitor): ".plain(visitor: \(visitor))"
        case .probe(let n, let visitor): ".probe(\(n), visitor: \(visitor))"
        case .loseShared(let part): ".loseShared(\(part))"
        case .loseBrowser(let visitor): ".loseBrowser(visitor: \(visitor))"
        case .newVisitor(let visitor): ".newVisitor(\(visitor))"
        }
    }
}
