import Model
import State
import Testing

@testable import Releases

@Suite struct CollectionTests {
    private let bench: Bench
    private let collection: Collection

    init() throws {
        bench = try Bench()
        collection = Collection(store: bench.store)
    }

    /// Lets time pass in steps of five seconds, as the service does.
    /// - Returns: the seconds at which something was collected.
    private func pass(_ seconds: ClosedRange<Int64>, isPublishing: Bool = false, jitter: Double = 0.5) async throws -> [Int64] {
        var ran: [Int64] = []
        for second in stride(from: seconds.lowerBound, through: seconds.upperBound, by: 5) {
            if try await collection.turn(now: at(second), isPublishing: isPublishing, jitter: jitter) != nil { ran.append(second) }
        }
        return ran
    }

    @Test func bytesOfARemovedReleaseGoByThemselves() async throws {
        let old = try await bench.publish(["a.js": "1", "shared": "s"])
        try await bench.publish(["b.js": "2", "shared": "s"])
        #expect(try await pass(0...20_000).count >= 4)
        #expect(bench.blobs == [digest("1"), digest("2"), digest("s")])
        try bench.move(old, to: .removed)
        await collection.removed(now: at(20_005))
        let ran = try await pass(20_005...20_100)
        #expect(ran == [20_065])
        #expect(bench.blobs == [digest("2"), digest("s")])
        #expect(try bench.inspect().findings == [])
    }

    @Test func itComesAboutOnceAnHour() async throws {
        let ran = try await pass(0...100_000)
        for (one, next) in zip(ran, ran.dropFirst()) { #expect((2_700...4_505).contains(next - one)) }
        #expect((20...35).contains(ran.count))
    }

    @Test(arguments: [0, 0.25, 0.999]) func afterAStartItComesWithinAnHour(jitter: Double) {
        let schedule = CollectionSchedule(now: at(0), jitter: jitter)
        #expect(schedule.due >= at(60))
        #expect(schedule.due <= at(3_660))
    }

    @Test func anOpenPublishPostponesItByAnHourAtMost() async throws {
        #expect(try await pass(0...5_455, isPublishing: true) == [])
        #expect(try await pass(5_460...5_460, isPublishing: true) == [5_460])
    }

    @Test func aPublishThatEndsLetsItRun() async throws {
        #expect(try await pass(0...3_000, isPublishing: true) == [])
        #expect(try await pass(3_005...3_010) == [3_005])
    }

    @Test func aClockThatWentBackDoesNotPutItOffForDays() {
        var schedule = CollectionSchedule(now: at(0), jitter: 0)
        schedule.ran(now: at(1_000_000), jitter: 0)
        let isDueAtOnce = schedule.isDue(now: at(0), isPublishing: false)
        #expect(!isDueAtOnce)
        #expect(schedule.due == at(3_600))
        let isDueAnHourLater = schedule.isDue(now: at(3_600), isPublishing: false)
        #expect(isDueAnHourLater)
    }
}
