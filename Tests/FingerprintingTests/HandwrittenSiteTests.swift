import Files
import Foundation
import References
import Testing

@testable import Fingerprinting

/// The example written by hand, with the readers that are shipped: circles of modules, an import map, `image-set`, sprites, a web
/// manifest and a service worker.
@Suite struct HandwrittenSiteTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples/handwritten").path

    private func place() throws -> Place {
        let place = Place()
        try FileManager.default.copyItem(atPath: Self.folder, toPath: "\(place.path)/in")
        return place
    }

    @Test func everyReferenceOfTheOutputLeadsToAFile() async throws {
        let place = try place()
        for mode in DigestOptions.Mode.allCases {
            try await place.digest("in", to: "out", plainOptions { $0.mode = mode }, reader: .languages)
            let folder = try Folder("\(place.path)/out")
            let tree = BuildTree(root: folder.root, files: folder.files)
            let resolver = Resolver(tree: tree, prefix: .none)
            var followed = 0
            for file in tree.files where !BuildManifest.fileNames.contains(file.name) {
                let bytes = try FileBytes.read(file)
                guard let (language, reading) = ReferenceReader.languages.read(file.name, bytes) else { continue }
                let base = resolver.base(of: file.name, declared: reading.base, language: language)
                for reference in reading.references where reference.role != .selfName && reference.role != .importMapKey {
                    if case .missing(let name, _) = resolver.resolve(reference, from: base) {
                        Issue.record("\(mode): \(file.name) refers to \(reference.target): there is no \(name)")
                    }
                    followed += 1
                }
            }
            #expect(followed > 40)
        }
    }

    @Test func itIsTheSameAgainAndOnItsOwnOutput() async throws {
        let place = try place()
        for (index, names) in DigestOptions.PlainNames.allCases.enumerated() {
            for usesImportMap in [false] {
                let options = plainOptions {
                    $0.plainNames = names
                    $0.usesImportMap = usesImportMap
                    $0.threads = 1 + index % 2
                }
                try await place.digest("in", to: "one", options, reader: .languages)
                try await place.digest(
                    "in", to: "two",
                    plainOptions {
                        $0.plainNames = names; $0.usesImportMap = usesImportMap
                    }, reader: .languages)
                try await place.digest("one", to: "three", options, reader: .languages)
                #expect(place.read("one") == place.read("two"), "\(names) \(usesImportMap)")
                #expect(place.read("one") == place.read("three"), "\(names) \(usesImportMap)")
            }
        }
    }

    @Test func namesThatOutsidersKnowStay() async throws {
        let place = try place()
        let report = try await place.digest("in", to: "out", plainOptions(), reader: .languages)
        for name in ["index.html", "about/index.html", "sw.js", "feed.xml", "site.webmanifest"] {
            #expect(report.manifest.entries[name]?.name == name)
        }
        #expect(report.manifest.entries["js/odd.js"]?.isOfComponent == true)
        #expect(report.manifest.entries["lib/greeting.js"]?.name == "lib/greeting.js", "an import map leads to its folder")
        #expect(report.manifest.entries["js/worker.js"]?.name != "js/worker.js")
    }

    @Test func oneByteRenamesOnlyWhatMust() async throws {
        let place = try place()
        try await place.digest("in", to: "out", plainOptions(), reader: .languages)
        place.write("in/img/corner.svg", Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8))
        let report = try await place.digest("in", to: "out", plainOptions(), reader: .languages)
        let changed = Set(report.changes?.list.map(\.key) ?? [])
        #expect(changed.contains("img/corner.svg"))
        #expect(changed.isSubset(of: ["img/corner.svg", "css/site.css", "css/base.css"]))
    }
}
