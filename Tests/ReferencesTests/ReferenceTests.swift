import References
import Testing

@Suite struct ReferenceTests {
    @Test func everyLanguageHasAName() {
        #expect(Set(Language.allCases.map(\.rawValue)).count == Language.allCases.count)
    }
}
