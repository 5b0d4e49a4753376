import TestSeeds
import Testing

@testable import Handover

@Suite struct PackingTests {
    private static let orders: [Order] = [
        .sockets(["127.0.0.1:80", "unix:/run/a.sock"]), .sockets([]),
        .begin(Beginning(generation: 3, supervisor: 1, isAlone: true, folder: "dist")),
        .begin(Beginning(generation: .max, supervisor: -1, isAlone: false, folder: nil)), .validate, .go, .lead(.afterYield),
        .lead(.afterGap),
        .drain, .hurry(milliseconds: 0), .stop(milliseconds: 30_000), .reopenLogs, .company(2), .follow(version: 7),
        .followed(version: .max),
    ]
    private static let words: [Word] = [
        .hello(version: 1), .refused(exit: 3, text: "a.yaml:1:1: error: ünknown"), .ready(hash: "abc"), .started, .yielded, .closed,
        .figures(Figures()), .stopWanted, .ended(cut: 7), .sockets(["[::1]:80"]),
        .orphan(Orphan(generation: 1, process: 2, hash: "h", isDraining: true, leads: false)), .changed(version: 7), .follows(version: 0),
    ]
    private static let replies: [Reply] = [
        .done(text: "fine"), .refused(exit: 1, text: ""), .stopped(process: 1, cut: 0),
        .generations([GenerationReport(number: 1, process: 2, state: "serving", hash: "h", ageSeconds: 3, figures: Figures())]),
    ]

    @Test func whatIsSaidIsHeard() throws {
        for order in Self.orders { #expect(try Order(packed: order.packed) == order) }
        for word in Self.words { #expect(try Word(packed: word.packed) == word) }
        for reply in Self.replies { #expect(try Reply(packed: reply.packed) == reply) }
        for wish in Wish.allCases { #expect(try Wish(packed: wish.packed) == wish) }
        let copy = ConfigurationCopy(configuration: .init(path: "a", bytes: [0, 255]), certificates: [.init(path: "b", bytes: [])])
        #expect(try ConfigurationCopy(packed: copy.packed) == copy)
    }

    @Test func whatIsCutOffOrHasSomethingBehindItIsRefused() {
        for bytes in Self.orders.map(\.packed) {
            for count in 0..<bytes.count { #expect(throws: HandoverFault.malformed) { try Order(packed: Array(bytes.prefix(count))) } }
            #expect(throws: HandoverFault.malformed) { try Order(packed: bytes + [0]) }
        }
        for bytes in Self.words.map(\.packed) {
            for count in 0..<bytes.count { #expect(throws: HandoverFault.malformed) { try Word(packed: Array(bytes.prefix(count))) } }
        }
    }

    @Test func aLengthThatLiesTakesNothing() {
        var packer = Packer()
        packer.add(UInt8(1))
        packer.add(Int.max)
        #expect(throws: HandoverFault.malformed) { try Order(packed: packer.bytes) }
        packer = Packer()
        packer.add(UInt8(1))
        packer.add(-1)
        #expect(throws: HandoverFault.malformed) { try Order(packed: packer.bytes) }
    }

    /// Whatever bytes come: an error or a value, which packs to the same bytes.
    @Test(arguments: [20_261_121, 5] as [UInt64]) func noBytesDoHarm(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let seeds = Self.orders.map(\.packed) + Self.words.map(\.packed) + Self.replies.map(\.packed)
        for _ in 0..<20_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty:
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.append(UInt8.random(in: 0...255, using: &random))
                case 2 where !bytes.isEmpty: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                default:
                    if let at = bytes.indices.randomElement(using: &random) { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
                }
            }
            if let order = try? Order(packed: bytes) { #expect(order.packed == bytes) }
            if let word = try? Word(packed: bytes) { #expect(word.packed == bytes) }
            if let reply = try? Reply(packed: bytes) { #expect(reply.packed == bytes) }
            if let copy = try? ConfigurationCopy(packed: bytes) { #expect(copy.packed == bytes) }
        }
    }
}
