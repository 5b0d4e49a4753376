import Glibc
import Model
import Testing

/// `scenarios.md`, Always true: random sequences against the real resolution, store and rollouts, checked after every step.
@Suite struct ModelTests {
    /// 10,000 by default; `TANDEM_SEQUENCES` sets another count, `TANDEM_SEED` the first seed.
    /// In four parts, so that they spread over the cores.
    @Test(arguments: UInt64(0)..<4)
    func randomSequencesKeepEveryPromise(part: UInt64) async throws {
        let count = ((number("TANDEM_SEQUENCES") ?? 10_000) + 3) / 4
        let first = (number("TANDEM_SEED") ?? 1) + part * count
        let library = try await Library((0..<12).map { Build(number: $0) })
        var reports: [String] = []
        for seed in first..<(first + count) {
            let trial = Trial(seed: seed)
            if trial.violation(library) != nil { reports.append(trial.report(library)) }
            if reports.count == 5 { break }
        }
        #expect(reports.isEmpty, "\(reports.joined(separator: "\n"))")
    }

    /// A check that cannot fail proves nothing: each fault is built in and must be found. A forgotten `Vary` needs a document
    /// that a shared cache may keep, two pins and luck, more than 2,000 sequences: `ContentAnswerTests` hold the field itself.
    @Test(arguments: Sabotage.allCases.filter { $0 != .varyForgotten })
    func sabotageIsFound(_ sabotage: Sabotage) async throws {
        let library = try await Library((0..<12).map { Build(number: $0) })
        let found = (UInt64(1)...2000).first { Trial(seed: $0, sabotage: sabotage).violation(library) != nil }
        let seed = try #require(found, "2000 sequences did not find \(sabotage)")
        let trial = Trial(seed: seed, sabotage: sabotage)
        let least = trial.shrunk(library)
        #expect(trial.violation(library, least) != nil)
        #expect(least.count <= trial.actions.count)
    }

    private func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
}
