import Settings
import Testing

/// What is generated from the schema is what is committed. To write it anew: TANDEM_WRITE_DOCS=1.
@Suite struct ReferenceTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

    @Test func theReferenceIsWhatTheSchemaSays() throws {
        let path = Self.root + "/docs/configuration.md"
        if isAsked("TANDEM_WRITE_DOCS") { try writeText(Configuration.reference, path) }
        let committed = try readText(path)
        #expect(committed == Configuration.reference, "docs/configuration.md is not what the schema says: TANDEM_WRITE_DOCS=1 writes it")
    }

    @Test func theReferenceNamesWhatIsNotYetAvailable() {
        #expect(Configuration.reference.contains("| `dataset` | – | – | *Not yet available.*"))
        #expect(Configuration.reference.contains("| `arrival_wait` | duration, 0s–1m | `2s` |"))
    }

    @Test func theExamplesOfTheReferenceAreConfigurations() throws {
        let blocks = Configuration.reference.split(separator: "```", omittingEmptySubsequences: false).filter { $0.hasPrefix("yaml\n") }
        #expect(!blocks.isEmpty)
        for block in blocks { #expect(faults(String(block.dropFirst(5))) == "") }
    }

    @Test func theJSONSchemaClosesEverySection() throws {
        let schema = Configuration.jsonSchema
        #expect(schema.hasPrefix("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\","))
        let sections = schema.split(separator: "\"properties\": {", omittingEmptySubsequences: false).count - 1
        let closed = schema.split(separator: "\"additionalProperties\": false", omittingEmptySubsequences: false).count - 1
        #expect(sections > 15)
        #expect(sections == closed)
    }

    @Test func theJSONSchemaRefusesWhatIsNotYetAvailable() throws {
        let schema = Configuration.jsonSchema
        let at = try #require(schema.range(of: "\"datasets\": {"))
        #expect(schema[at.upperBound...].prefix(200).contains("\"not\": {}"))
    }
}

extension String {
    /// Where a text stands first; spares the tests Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
