import Model
import Testing

@testable import Caching

@Suite struct S3FIFOTests {
    @Test func keepsWhatIsAskedForWhileAScanPassesThrough() {
        var table = S3FIFO<Int, Int>(capacity: 100)
        for key in 0..<50 { _ = table.insert(key, key, cost: 1) }
        for _ in 0..<2 { for key in 0..<50 { #expect(table.use(key) == key) } }
        for key in 1000..<11_000 { _ = table.insert(key, key, cost: 1) }
        #expect((0..<50).allSatisfy { table.peek($0) == $0 })
        #expect(table.cost <= 100)
    }

    @Test func whatComesAgainSoonStays() {
        var table = S3FIFO<Int, Int>(capacity: 100)
        for key in 0..<120 { _ = table.insert(key, key, cost: 1) }
        let gone = (0..<120).first { table.peek($0) == nil }
        let key = gone ?? 0
        _ = table.insert(key, key, cost: 1)
        for other in 1000..<1095 { _ = table.insert(other, other, cost: 1) }
        #expect(table.peek(key) == key)
    }

    @Test func costsAreCountedAndTheTooLargeIsRefused() {
        var table = S3FIFO<Int, String>(capacity: 100)
        #expect(table.insert(1, "large", cost: 101).map(\.value) == ["large"])
        #expect(table.count == 0 && table.cost == 0)
        _ = table.insert(1, "a", cost: 60)
        #expect(table.insert(1, "b", cost: 30).isEmpty)
        #expect(table.cost == 30 && table.peek(1) == "b")
        #expect(table.removeValue(1) == "b")
        #expect(table.cost == 0 && table.removeValue(1) == nil)
    }

    @Test(arguments: 1...8) func neverHoldsMoreThanItMay(_ seed: UInt64) {
        var state = seed
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var table = S3FIFO<UInt64, UInt64>(capacity: 500)
        var model: [UInt64: UInt64] = [:]
        for _ in 0..<20_000 {
            let key = next(200)
            switch next(10) {
            case 0:
                #expect(table.removeValue(key) == model.removeValue(forKey: key))
            case 1...4:
                let cost = 1 + next(20)
                model[key] = cost
                for gone in table.insert(key, cost, cost: cost) { model[gone.key] = nil }
            default: #expect(table.use(key) == model[key])
            }
            #expect(table.cost == model.values.reduce(0, +) && table.cost <= 500 && table.count == model.count)
        }
    }
}

@Suite struct FlightTableTests {
    @Test func oneGoesAndTheOthersWait() {
        var table = FlightTable<Int>()
        #expect(table.join(key("/a"), now: now, waiter: 0) == .lead)
        for waiter in 1..<10_000 { #expect(table.join(key("/a"), now: now, waiter: waiter) == .wait) }
        #expect(table.join(key("/b"), now: now, waiter: 0) == .lead)
        #expect(table.landed(key("/a"), isForAll: true, now: now) == Array(1..<10_000))
        #expect(table.join(key("/a"), now: now, waiter: 0) == .lead)
    }

    @Test func whatIsOfNoUseToOthersIsRememberedForAWhile() {
        var table = FlightTable<Int>()
        _ = table.join(key("/a"), now: now, waiter: 0)
        _ = table.join(key("/a"), now: now, waiter: 1)
        #expect(table.landed(key("/a"), isForAll: false, now: now) == [1])
        #expect(table.join(key("/a"), now: now + seconds(9), waiter: 2) == .alone)
        #expect(table.join(key("/a"), now: now + seconds(11), waiter: 3) == .lead)
    }

    @Test func aClockThatJumpsBackHoldsNobodyAlone() {
        var table = FlightTable<Int>()
        _ = table.join(key("/a"), now: now, waiter: 0)
        _ = table.landed(key("/a"), isForAll: false, now: now)
        #expect(table.join(key("/a"), now: now + (.zero - seconds(3600)), waiter: 1) == .lead)
    }

    @Test func tooManyGoOnAlone() {
        var table = FlightTable<Int>(maximumWaiters: 2)
        let roles = (0..<5).map { table.join(key("/a"), now: now, waiter: $0) }
        #expect(roles == [.lead, .wait, .wait, .alone, .alone])
    }

    /// Who waits for a slow server waits on: asking it ten thousand times makes it no faster. A long body is another thing.
    @Test func onlyALongBodyIsWorthLeaving() {
        var table = FlightTable<Int>()
        _ = table.join(key("/a"), now: now, waiter: 0)
        #expect(table.join(key("/a"), now: now + seconds(25), waiter: 1) == .wait)
        #expect(!table.isWorthLeaving(key("/a"), now: now + seconds(25)))
        table.answers(key("/a"), now: now + seconds(25))
        #expect(!table.isWorthLeaving(key("/a"), now: now + seconds(30)))
        #expect(table.isWorthLeaving(key("/a"), now: now + seconds(31)))
        #expect(table.join(key("/a"), now: now + seconds(31), waiter: 2) == .alone)
        #expect(table.isWorthLeaving(key("/b"), now: now))
        #expect(table.landed(key("/a"), isForAll: true, now: now) == [1])
    }

    @Test func aFailureLetsTheNextOneTry() {
        var table = FlightTable<Int>()
        _ = table.join(key("/a"), now: now, waiter: 0)
        _ = table.join(key("/a"), now: now, waiter: 1)
        #expect(table.failed(key("/a")) == [1])
        #expect(table.join(key("/a"), now: now, waiter: 2) == .lead)
    }
}

@Suite struct CodingTests {
    private var example: StoredResponse {
        StoredResponse(
            url: "https://shop.example/ä?b", response: response("Cache-Control: max-age=60", "Set-Cookie: a", "Set-Cookie: b"),
            variant: Variant(values: ["accept": nil, "user-agent": "x"]), tags: ["a", "site default"], storedAt: now)
    }

    @Test func comesBackAsItWas() {
        let bytes = example.bytes
        #expect(bytes.withUnsafeBytes { StoredResponse(bytes: $0) } == example)
        let marked = example.markedStale()
        #expect(marked.bytes.withUnsafeBytes { StoredResponse(bytes: $0) } == marked)
    }

    @Test func noBytesMisleadTheReader() {
        let whole = example.bytes
        for count in 0..<whole.count { #expect(whole.prefix(count).withUnsafeBytes { StoredResponse(bytes: $0) } == nil) }
        var state: UInt64 = 7
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
            }
            _ = bytes.withUnsafeBytes { StoredResponse(bytes: $0) }
        }
    }

    @Test(arguments: [
        Purge(.url("https://a/b c"), at: now), Purge(.tag("News"), isSoft: true, at: now), Purge(.site(.default), at: now),
        Purge(.everything, at: now), Purge(.release(String(repeating: "a", count: 64)), at: now),
    ])
    func aPurgeIsALine(_ purge: Purge) {
        #expect(Purge(line: purge.line.dropLast()) == purge)
    }

    @Test(arguments: ["", "x hard all ", "1 hot all ", "1 hard nothing ", "1 hard site a b", "1 hard"])
    func whatIsNoPurgeIsPassedOver(_ line: String) { #expect(Purge(line: line[...]) == nil) }

    @Test func tagsComeFromTheFieldsOfAllMakes() {
        let tags = CacheTags.of(fields("Surrogate-Key: a B  c", "xkey: d", "Cache-Tag: e, f g", "Cache-Groups: \"h\", \"i j\""))
        #expect(tags == ["a", "b", "c", "d", "e", "fg", "h", "ij"])
    }
}
