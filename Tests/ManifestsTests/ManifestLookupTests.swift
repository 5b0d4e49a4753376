import Glibc
import Model
import Names
import TestSeeds
import Testing

@testable import Manifests

@Suite struct ManifestLookupTests {
    private let folder = TemporaryFolder()

    @Test func everyOfTenThousandNamesIsFoundAndNoOther() throws {
        let entries = manyEntries(10_000)
        let manifest = try folder.publish(entries)
        try manifest.verify()
        #expect(manifest.count == 10_000)
        var wrong: [String] = []
        for entry in entries {
            guard let index = manifest.find(entry.name), manifest[index] == entry else {
                wrong.append(entry.name)
                continue
            }
            if manifest.find(entry.name + "x") != nil || manifest.find(String(entry.name.dropLast())) == index { wrong.append(entry.name) }
        }
        #expect(wrong.isEmpty)
        for index in 0..<10_000 where manifest.find("missing/chunk-\(index).js") != nil { wrong.append("\(index)") }
        #expect(wrong.isEmpty)
    }

    @Test func namesStandInByteOrder() throws {
        let manifest = try folder.publish(manyEntries(1000))
        let names = (0..<manifest.count).map { Array(manifest.nameBytes(at: $0)) }
        #expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test func anEmptyReleaseHasNothing() throws {
        let manifest = try folder.publish([])
        try manifest.verify()
        #expect(manifest.count == 0)
        #expect(manifest.contentBytes == 0)
        #expect(manifest.find("index.html") == nil)
        #expect(manifest.find("") == nil)
        #expect(manifest.range(withPrefix: "").isEmpty)
        #expect(NameClass.allCases.allSatisfy { manifest.count(of: $0) == 0 })
    }

    @Test func oneNameIsFound() throws {
        let entry = ManifestEntry("a", content: "one", .declared)
        let manifest = try folder.publish([entry])
        try manifest.verify()
        #expect(manifest.find("a") == 0)
        #expect(manifest[0] == entry)
        #expect(manifest.find("b") == nil)
        #expect(manifest.find("") == nil)
    }

    @Test func namesOfEveryLengthAreFound() throws {
        // Around the eight bytes that the hash takes at a time.
        let names = (1...70).map { String(repeating: "é/a", count: 30).utf8.prefix($0) }.map { String(decoding: $0, as: UTF8.self) }
        let long = (4000...4096).map { String(repeating: "x", count: $0) }
        let entries = Set(names + long).map { ManifestEntry($0, content: $0) }.filter { $0.name.utf8.count <= 4096 }
        let manifest = try folder.publish(entries)
        try manifest.verify()
        #expect(entries.allSatisfy { entry in manifest.find(entry.name).map { manifest[$0] == entry } ?? false })
    }

    @Test func theThreeDigestsComeBack() throws {
        let entry = ManifestEntry("core.js", content: "let core = 1", .proven)
        let manifest = try folder.publish([entry])
        #expect(manifest.digests(at: 0) == entry.digests)
        #expect(manifest.content(at: 0) == entry.digests.sha256)
    }

    @Test func classesAreCounted() throws {
        let entries = NameClass.allCases.flatMap { nameClass in
            (0...Int(nameClass.rawValue)).map { ManifestEntry("\(nameClass.word)-\($0)", content: "x", nameClass) }
        }
        let manifest = try folder.publish(entries)
        for nameClass in NameClass.allCases { #expect(manifest.count(of: nameClass) == Int(nameClass.rawValue) + 1) }
        #expect(manifest.contentBytes == UInt64(entries.count))
    }

    @Test func aPrefixGivesTheNamesThatBeginWithIt() throws {
        var generator = SeededGenerator(seed: 7)
        let letters = ["a", "b", "/", "é", "\u{10ffff}"]
        let names = Set(
            (0..<300).map { _ in
                (0..<Int.random(in: 1...6, using: &generator)).map { _ in letters.randomElement(using: &generator)! }.joined()
            })
        let manifest = try folder.publish(names.map { ManifestEntry($0, content: $0) })
        let prefixes = ["", "a", "b/", "é", "éa", "\u{10ffff}", "\u{10ffff}\u{10ffff}", "zz", "a/b/a"] + names.prefix(50)
        for prefix in prefixes {
            let expected = (0..<manifest.count).filter { manifest.nameBytes(at: $0).starts(with: prefix.utf8) }
            #expect(Array(manifest.range(withPrefix: prefix)) == expected, "\(prefix)")
        }
    }

    @Test func openingManyNamesTakesNoMemory() throws {
        guard anonymousKilobytes() != nil else { return }
        let image = try ManifestImage(manyEntries(200_000))
        let path = folder.write(image.bytes, as: "large")
        let id = image.id
        // The first opening pays for what the process needs once.
        _ = try Manifest.open(path: folder.write(try ManifestImage(manyEntries(10)).bytes, as: "small"), id: id)
        // Other tests run beside: the least growth of several tries is this one's.
        var least = Int.max
        for _ in 0..<20 {
            let before = anonymousKilobytes() ?? 0
            let manifest = try Manifest.open(path: path, id: id)
            #expect(manifest.find("assets/0/chunk-0.js") != nil)
            least = min(least, (anonymousKilobytes() ?? 0) - before)
        }
        #expect(least < 1024)
    }

    /// `RssAnon` of this process; nil where it cannot be read.
    private func anonymousKilobytes() -> Int? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("RssAnon:") { return text.split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }.first }
        }
        return nil
    }
}
