import Foundation
import Synchronization
import TestSeeds
import Testing

@testable import Fingerprinting

@Suite struct EarlierOutputTests {
    private let site = [
        "index.html": "@script js/app.js integrity=x\n@styleSheet css/app.css\n", "js/app.js": "@module ./lib.js\n",
        "js/lib.js": String(repeating: "lib ", count: 400), "css/app.css": "@image ../img/a.png\n", "img/a.png": "png",
        "js/x.js": "@module ./y.js\n", "js/y.js": "@module ./x.js\n",
    ]

    /// Counts what is read as a language: each such file has been opened for it.
    private final class Counter: Sendable {
        let names = Mutex<[String]>([])
        var reader: ReferenceReader {
            ReferenceReader(mayRefer: TestReader.reader.mayRefer) { name, bytes in
                self.names.withLock { $0.append(name) }
                return TestReader.reader.read(name, bytes)
            }
        }
        func take() -> Set<String> {
            names.withLock { names in
                defer { names = [] }
                return Set(names)
            }
        }
    }

    /// Later than every file of the test: their stamps are old enough to be believed.
    private let later = Int64.max - 1

    @Test func whatDidNotChangeIsNotReadAgain() async throws {
        let place = Place()
        _ = place.tree(site)
        let counter = Counter()
        let options = plainOptions { $0.compresses = true }
        try await place.digest("in", to: "out", options, reader: counter.reader, now: later)
        #expect(counter.take().count == 6)
        let before = place.read("out")
        try await place.digest("in", to: "out", options, reader: counter.reader, now: later)
        #expect(counter.take().isEmpty)
        #expect(place.read("out") == before)

        place.write("in/js/lib.js", Array("other".utf8))
        try await place.digest("in", to: "out", options, reader: counter.reader, now: later)
        #expect(counter.take() == ["js/lib.js", "js/app.js", "index.html"])
        try await place.digest("in", to: "fresh", options, now: later)
        #expect(place.read("out") == place.read("fresh"))
    }

    @Test func anotherOutputCanBeTheEarlierOne() async throws {
        let place = Place()
        _ = place.tree(site)
        let counter = Counter()
        try await place.digest("in", to: "old", now: later)
        try await place.digest("in", to: "new", reader: counter.reader, previous: "old", now: later)
        #expect(counter.take().isEmpty)
        #expect(place.read("old") == place.read("new"))
    }

    @Test func aTouchedOutputIsMadeAgain() async throws {
        let place = Place()
        _ = place.tree(site)
        try await place.digest("in", to: "out", now: later)
        let before = place.read("out")
        for name in before.keys where name.hasSuffix(".js") { place.write("out/\(name)", Array("spoiled".utf8)) }
        try await place.digest("in", to: "out", now: later)
        #expect(place.read("out") == before)
    }

    @Test func aSpoiledEncodingIsNotTakenOver() async throws {
        let place = Place()
        _ = place.tree(site)
        let options = plainOptions { $0.compresses = true }
        try await place.digest("in", to: "out", options)
        let before = place.read("out")
        let name = try #require(before.keys.first { $0.hasSuffix(".js.gz") })
        place.write("out/\(name)", Array(repeating: 7, count: before[name]?.count ?? 0))
        try await place.digest("in", to: "out", options)
        #expect(place.read("out") == before)
    }

    @Test func aFileWrittenInTheSameTickIsReadAgain() async throws {
        let place = Place()
        _ = place.tree(site)
        let counter = Counter()
        try await place.digest("in", to: "out", reader: counter.reader, now: 0)
        _ = counter.take()
        try await place.digest("in", to: "out", reader: counter.reader, now: 0)
        #expect(counter.take().count == 6)
    }

    @Test func aNewNameLetsEveryTextBeReadAgain() async throws {
        let place = Place()
        _ = place.tree(site)
        let counter = Counter()
        try await place.digest("in", to: "out", reader: counter.reader, now: later)
        _ = counter.take()
        place.write("in/new.txt", [1])
        try await place.digest("in", to: "out", reader: counter.reader, now: later)
        #expect(counter.take().count == 6)
    }

    @Test func aDamagedMemoryIsNoMemory() async throws {
        let place = Place()
        _ = place.tree(site)
        try await place.digest("in", to: "out", now: later)
        let whole = try #require(place.read("")[".out.tandem-digest"])
        #expect(DigestMemory(whole)?.records.count == 7)
        #expect(DigestMemory(whole)?.bytes == whole)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var bytes = whole
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 1...bytes.count, using: &random)) }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = DigestMemory(bytes)
        }
        place.write(".out.tandem-digest", Array(whole.dropLast(5)))
        let before = place.read("out")
        try await place.digest("in", to: "out", now: later)
        #expect(place.read("out") == before)
    }
}
