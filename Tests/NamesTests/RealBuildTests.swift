import Glibc
import Model
import Testing

@testable import Names

/// Two successive builds each of a Vite and a webpack application: every name, its digests, and the class it must have.
@Suite struct RealBuildTests {
    private struct Line {
        let nameClass: String
        let name: String
        let digests: ContentDigests
    }

    /// Lines of `class name SHA-256 SHA-1 MD5`.
    private func golden(_ build: String) throws -> [Line] {
        let folder = String(#filePath.prefix(upTo: try #require(#filePath.lastIndex(of: "/"))))
        let file = try #require(fopen("\(folder)/Goldens/\(build).txt", "r"))
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { text += buffer[..<count] }
        return try text.split(separator: UInt8(ascii: "\n")).map { line in
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            try #require(fields.count == 5)
            let sha1 = try #require(Hexadecimal.bytes(Array(fields[3].utf8)))
            let md5 = try #require(Hexadecimal.bytes(Array(fields[4].utf8)))
            let sha256 = try #require(ContentDigest(hex: fields[2]))
            let digests = sha1.withUnsafeBytes { sha1 in
                md5.withUnsafeBytes { ContentDigests(sha256: sha256, sha1: sha1, md5: $0) }
            }
            return Line(nameClass: fields[0], name: fields[1], digests: digests)
        }
    }

    private func check(_ build: String, _ summary: String) throws -> [Line] {
        let lines = try golden(build)
        let classes = NameClassifier.classify(files: lines.map { ($0.name, $0.digests) })
        for (line, nameClass) in zip(lines, classes) { #expect(nameClass.word == line.nameClass, "\(line.name)") }
        #expect(NameClassCounts(classes).description == summary)
        return lines
    }

    @Test(arguments: [("streamlit-1.50.0", 149), ("streamlit-1.51.0", 151)])
    func viteNamesAreStrongAndNoneRecomputes(build: String, count: Int) throws {
        let lines = try check(build, "\(count) strong, 3 documents")
        #expect(lines.allSatisfy { Proof.find(in: $0.name, $0.digests) == nil })
    }

    @Test(arguments: [("jupyterlab-4.4.0", 252), ("jupyterlab-4.4.9", 254)])
    func webpackNamesAreMostlyProven(build: String, count: Int) throws {
        let lines = try check(build, "\(count) proven, 28 strong, 1 suspected, 6 documents")
        let kinds = lines.compactMap { Proof.find(in: $0.name, $0.digests) }
        #expect(kinds == Array(repeating: .sha256, count: count))
        // Fonts and images are all proven by their bare stems; the rest of the proven are scripts.
        let stems = lines.filter { Fingerprint(in: $0.name)?.form == .bareStem }
        #expect(stems.count == 37 && stems.allSatisfy { $0.nameClass == "proven" })
    }

    @Test func namesThatBothBuildsShareHaveTheSameContent() throws {
        for (old, new) in [("streamlit-1.50.0", "streamlit-1.51.0"), ("jupyterlab-4.4.0", "jupyterlab-4.4.9")] {
            let before = Dictionary(uniqueKeysWithValues: try golden(old).map { ($0.name, $0) })
            for line in try golden(new) where line.nameClass == "strong" || line.nameClass == "proven" {
                guard let same = before[line.name] else { continue }
                #expect(same.digests == line.digests, "\(line.name)")
            }
        }
    }
}
