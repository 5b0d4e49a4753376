import Foundation
import Glibc
import Testing

@testable import Proxying

/// `docs/cache-conformance.md` is counted from the requirements. `TANDEM_WRITE_DOCS=1` writes it anew.
@Suite struct ConformanceTableTests {
    private static let all: [CacheRequirement] = [
        CacheRequirement.storing, CacheRequirement.parts, CacheRequirement.reusing, CacheRequirement.varying, CacheRequirement.freshness,
        CacheRequirement.staleness, CacheRequirement.validation, CacheRequirement.freshening, CacheRequirement.invalidation,
        CacheRequirement.control, CacheRequirement.requests, CacheRequirement.conditions, CacheRequirement.targeted,
        CacheRequirement.neighbours,
    ].flatMap { $0 }

    private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/cache-conformance.md")

    private static let titles = [
        "5861": "Stale content", "6585": "Additional statuses", "8246": "Immutable responses", "9110": "HTTP semantics",
        "9111": "HTTP caching", "9211": "Cache-Status", "9213": "Targeted cache control", "9875": "Cache groups",
    ]

    private static func row(_ name: String, _ requirements: [CacheRequirement]) -> String {
        let counts = [CacheRequirement.Level.must, .should, .may].map { level in requirements.count { $0.level == level } }
        return "| \(name) | \(counts.map { $0 == 0 ? "" : "\($0)" }.joined(separator: " | ")) | \(requirements.count) |\n"
    }

    static var table: String {
        let sections = Dictionary(grouping: all, by: \.section)
        var text = "| section | must | should | may | all |\n|---|---|---|---|---|\n"
        for section in sections.keys.sorted(by: { $0.compare($1, options: .numeric) == .orderedAscending }) {
            text += row("RFC \(section)", sections[section] ?? [])
        }
        text += row("**all**", all)
        text += "\n| RFC | | must | should | may | all |\n|---|---|---|---|---|---|\n"
        let documents = Dictionary(grouping: all) { String($0.section.prefix { $0 != " " }) }
        for number in documents.keys.sorted() { text += row("\(number) | \(titles[number] ?? "")", documents[number] ?? []) }
        return text
    }

    @Test func theTableInTheDocumentationIsTrue() throws {
        let text = try String(contentsOf: Self.path, encoding: .utf8)
        let mark = "<!-- counted from the tests -->\n"
        let parts = text.components(separatedBy: mark)
        try #require(parts.count == 2, "no mark in \(Self.path.path)")
        if getenv("TANDEM_WRITE_DOCS") != nil { try Data((parts[0] + mark + Self.table).utf8).write(to: Self.path) }
        #expect(parts[1] == Self.table, "write it anew: TANDEM_WRITE_DOCS=1 swift test --filter ConformanceTable")
    }

    @Test func noRequirementStandsTwice() {
        let words = Self.all.map(\.testDescription)
        #expect(Set(words).count == words.count, "\(Dictionary(grouping: words) { $0 }.filter { $0.value.count > 1 }.keys)")
    }
}
