import References
import Testing

@Suite struct JSONReaderTests {
    @Test func findsWhatAnImportMapMarks() {
        let text = MarkedText(
            """
            { "imports": { "app": "«./js/app.js»", "app/": "«/js/»", "«importMapKey:/js/a.js»": "«/js/b.js»", "none": null, "x": "data:," },
              "scopes": { "/admin/": { "app": "«./admin.js»", "«importMapKey:./c.js»": "«https:\\/\\/h\\/c.js»" } },
              "integrity": { "«./js/app.js»": "sha384-x", "https://h/": "y" }, "other": ["./z.js", { "a": "./y.js" }] }
            """, role: .importMapAddress)
        let reading = ImportMapReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.faults.isEmpty)
        #expect(reading.references.contains { $0.target == "https://h/c.js" })
        guard case .value(let digest)? = reading.references.last?.integrity else {
            Issue.record("no place of the digest")
            return
        }
        #expect(String(decoding: text.bytes[digest], as: UTF8.self) == "sha384-x")
    }

    @Test func findsWhatAWebManifestMarks() {
        let text = MarkedText(
            """
            {"id":"«selfName:/»","start_url":"«selfName:./?a=b»","scope":"«selfName:/»","icons":[{"src":"«a.png»","sizes":"1x1"},{"src":"«b\\u002epng»"}],
            "screenshots":[{"src":"«c.png»"}],"shortcuts":[{"name":"src","url":"«page:/d»","icons":[{"src":"«e.png»"}]}],
            "related_applications":[{"url":"f"}],"share_target":{"action":"«page:/share»"},"description":"{\\"src\\":\\"g.png\\"}"}
            """, role: .image)
        let reading = WebManifestReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.faults.isEmpty)
        #expect(reading.references.contains { $0.target == "b.png" })
    }

    @Test func findsWhatASourceMapSaysOfItself() {
        let text = MarkedText(
            ")]}'\n{\"version\":3,\"sources\":[\"a.ts\"],\"sourcesContent\":[\"import './b.js'\"],\"file\":\"«selfName:a.js»\",\"mappings\":\"AA;,\"}",
            role: .image)
        #expect(MarkedText.marks(of: SourceMapReader.read(text.bytes)) == text.marks)
        let sections = MarkedText(
            "{\"file\":\"«selfName:a.js»\",\"sections\":[{\"offset\":{},\"url\":\"«sourceMap:b.map»\"},{\"map\":{\"file\":\"«selfName:c.js»\"}}]}",
            role: .image)
        #expect(MarkedText.marks(of: SourceMapReader.read(sections.bytes)) == sections.marks)
    }

    @Test(arguments: [
        "{\"file\":\"a", "{\"file\":\"a\"", "{\"file\" \"a\"}", "{file:\"a\"}", "{\"file\":}", "{\"file\":\"a\"}}", "{\"file\":\"a\nb\"}",
        "", "[1,", "{\"a\":[}", "{,}",
        "{\"a\":1 \"b\":2}",
    ])
    func whatIsNoJSONIsAFault(_ text: String) {
        #expect(SourceMapReader.read(Array(text.utf8)).faults.count == 1)
    }

    @Test func depthCostsNothing() {
        let text = "{\"a\":" + String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000) + ",\"file\":\"b.js\"}"
        let reading = SourceMapReader.read(Array(text.utf8))
        #expect(reading.references.map(\.target) == ["b.js"])
        #expect(reading.faults.isEmpty)
    }

    @Test func aValueOfAnotherKindIsPassedOver() {
        let reading = WebManifestReader.read(Array("{\"icons\":{\"src\":\"a\"},\"start_url\":[1,\"x\"],\"scope\":\"/b\"}".utf8))
        #expect(reading.references.map(\.target) == ["/b"])
        #expect(reading.faults.isEmpty)
    }

    @Test func noTextCrashesOrMisleadsTheReaders() {
        let pieces = [
            "{", "}", "[", "]", "\"", "\\", ":", ",", "\\u00", "null", "\"file\":\"x\"", "\n", "\0", "\"icons\":[{\"src\":\"y\"}],",
        ]
        ReaderFuzz(
            seeds: [
                "{\"imports\":{\"a\":\"./b.js\",\"/c\":\"/d\"},\"scopes\":{\"/\":{\"e\":\"./f.js\"}},\"integrity\":{\"./g.js\":\"h\"}}"
            ], pieces: pieces, url: "/q-0a1b2c.x",
            read: { ImportMapReader.read($0) }
        ).run(seed: 15, rounds: 2000)
        ReaderFuzz(
            seeds: ["{\"icons\":[{\"src\":\"a.png\"}],\"shortcuts\":[{\"url\":\"b\",\"icons\":[{\"src\":\"c\"}]}],\"id\":\"/\"}"],
            pieces: pieces,
            read: WebManifestReader.read
        ).run(seed: 16, rounds: 2000)
        ReaderFuzz(
            seeds: ["{\"version\":3,\"file\":\"a.js\",\"sections\":[{\"url\":\"b.map\"},{\"map\":{\"file\":\"c\"}}]}"], pieces: pieces,
            read: SourceMapReader.read
        ).run(seed: 17, rounds: 2000)
    }
}
