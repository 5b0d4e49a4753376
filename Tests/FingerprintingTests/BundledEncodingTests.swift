import Compression
import Foundation
import Model
import Testing

@testable import Fingerprinting

@Suite struct BundledEncodingTests {
    private func place(_ files: [String: String], encoded: [String: String]) throws -> Place {
        let place = Place()
        _ = place.tree(files)
        for (name, text) in encoded {
            place.write("in/\(name)", try Array(text.utf8).withUnsafeBytes { try Codec.gzip.compress($0) })
        }
        return place
    }

    private let page = "@script app.js\n" + String(repeating: "a page of its own ", count: 40)
    private let script = String(repeating: "let x = 1; ", count: 40)
    private let robots = String(repeating: "Disallow: /a\n", count: 40)

    @Test func anEncodingOfWhatHasChangedIsLeftOut() async throws {
        let place = try place(
            ["index.html": page, "app.js": script, "robots.txt": robots],
            encoded: ["index.html.gz": page, "app.js.gz": script, "robots.txt.gz": robots])
        let report = try await place.digest("in", to: "out", plainOptions())
        let app = try #require(report.manifest.entries["app.js"]?.name)
        #expect(place.names("out") == ["index.html", app, "robots.txt", "robots.txt.gz"])
        #expect(report.manifest.entries["index.html.gz"] == nil)
        #expect(report.files == 4)
    }

    @Test func ourOwnStandsInItsPlace() async throws {
        let place = try place(["index.html": page, "app.js": script], encoded: ["index.html.gz": page])
        try await place.digest("in", to: "out", plainOptions { $0.compresses = true })
        let encoded = try #require(place.read("out")["index.html.gz"])
        let text = try #require(place.text("out/index.html"))
        let decoded = try encoded.withUnsafeBytes { try Codec.gzip.decompress($0, size: text.utf8.count) }
        #expect(String(decoding: decoded, as: UTF8.self) == text)
        #expect(place.text("out/index.html") != page)
    }

    @Test func aDownloadAndAFileThatOnlyLooksLikeOneStay() async throws {
        let linked = "@page data.html.gz\n" + page
        let place = try place(
            ["index.html": linked, "app.js": script, "data.html": page, "app.js.br": "no encoding"],
            encoded: ["data.html.gz": page])
        try await place.digest("in", to: "out", plainOptions())
        #expect(place.names("out").isSuperset(of: ["data.html.gz", "app.js.br"]))
    }

    @Test func digestingAgainChangesNothing() async throws {
        let place = try place(
            ["index.html": page, "app.js": script, "robots.txt": robots], encoded: ["index.html.gz": page, "robots.txt.gz": robots])
        try await place.digest("in", to: "out", plainOptions())
        let first = place.read("out")
        try await place.digest("in", to: "out", plainOptions())
        #expect(place.read("out") == first)
        try await place.digest("out", to: "two", plainOptions())
        #expect(place.read("two") == first)
    }
}
