import Settings
import Testing

/// What users see of a wrong file, whole. To write the goldens anew: TANDEM_WRITE_GOLDENS=1.
@Suite struct FaultTests {
    @Test func everyWrongFileGivesItsFaults() throws {
        var goldens = try Goldens("faults.txt")
        for index in goldens.cases.indices {
            let found = faults(goldens.cases[index].input)
            if isAsked("TANDEM_WRITE_GOLDENS") {
                goldens.cases[index].expected = found
            } else {
                #expect(found == goldens.cases[index].expected, "\(goldens.cases[index].title)")
            }
            #expect(!found.isEmpty, "\(goldens.cases[index].title)")
        }
        if isAsked("TANDEM_WRITE_GOLDENS") { try goldens.write() }
    }

    @Test func faultsNameTheFileAsGiven() {
        #expect(faults("", file: "/etc/tandem/tandem.yaml").hasPrefix("/etc/tandem/tandem.yaml:1:1: error: the file is empty"))
    }

    @Test func aSecretIsInNoFault() throws {
        for golden in try Goldens("faults.txt").cases {
            #expect(!golden.expected.contains("hunter2"), "\(golden.title)")
            #expect(!golden.expected.contains("0123456789abcdef"), "\(golden.title)")
        }
    }

    @Test func bytesThatAreNoTextAreAFaultWhereTheyStand() {
        let bytes = Array("node: ü".utf8) + [0xff] + Array("\n".utf8)
        let error = #expect(throws: ConfigurationFaults.self) { try Configuration.load(yaml: bytes, file: "f", environment: [:]) }
        #expect(error?.description == "f:1:8: error: not UTF-8: save the file in that encoding")
    }

    @Test func controlCharactersAreAFaultWhereTheyStand() {
        #expect(faults("node: ab\u{1}\n") == "tandem.yaml:1:9: error: invalid YAML: control characters are not allowed\n")
    }

    @Test func aFileLargerThanAMegabyteIsRefused() {
        let comment = String(repeating: "#", count: 1 << 20)
        #expect(faults(comment + "\n").contains("larger than 1 MB"))
    }

    @Test func deepNestingIsRefusedBeforeItCosts() {
        #expect(faults(String(repeating: "[", count: 100_000)) == "tandem.yaml:1:1: error: nested deeper than 32 levels\n")
        #expect(faults(String(repeating: "[", count: 40) + "]") == "tandem.yaml:1:33: error: nested deeper than 32 levels\n")
        let block = (0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(faults(block).contains("nested deeper than 32 levels"))
    }

    @Test func aliasesThatWouldGrowWithoutBoundAreRefused() {
        var bomb = "a0: &a0 [x, x]\n"
        for level in 1...30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(faults(bomb).contains("aliases are not supported"))
    }
}
