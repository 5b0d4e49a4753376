import TestSeeds
import Testing

@testable import Serving

@Suite struct RangeRequestTests {
    private func evaluate(_ value: String, size: Int = 10_000) -> RangeRequest.Outcome {
        RangeRequest.evaluate(Array(value.utf8), size: size)
    }

    @Test(arguments: [
        // The examples of RFC 9110 §14.1.2, of 10,000 bytes.
        ("bytes=0-499", [0..<500]), ("bytes=500-999", [500..<1000]), ("bytes=-500", [9500..<10_000]), ("bytes=9500-", [9500..<10_000]),
        ("bytes=0-0,-1", [0..<1, 9999..<10_000]), ("bytes= 0-999, 4500-5499, -1000", [0..<1000, 4500..<5500, 9000..<10_000]),
        ("bytes=500-600,601-999", [500..<601, 601..<1000]), ("BYTES=0-1", [0..<2]), ("bytes=0-99999999999999999999", [0..<10_000]),
        ("bytes=-99999999999999999999", [0..<10_000]), ("bytes=-10001", [0..<10_000]), ("bytes=9999-9999", [9999..<10_000]),
        ("bytes=0-0,,", [0..<1]), ("bytes=5-9,0-1", [5..<10, 0..<2]), ("bytes=0-9,20000-", [0..<10]), (" bytes=0-1 ", [0..<2]),
    ])
    func rangesAreTaken(value: String, expected: [Range<Int>]) {
        #expect(evaluate(value) == .parts(expected))
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=5-4", "bytes=-", "bytes=1", "bytes=1-2-3", "bytes=--1", "lines=0-1",
        "bytes 0-1", "bytes=0x1-2", "bytes=+1-2", "bytes=1- 2", "bytes=0-1;2-3", "bytes=0-1,x", "bytes=500-700,601-999", "bytes=0-,0-",
        "bytes=\u{661}-\u{662}", "bytes=0-1, 1-2",
    ])
    func whatIsMalformedOrOverlapsIsTheWhole(value: String) {
        #expect(evaluate(value) == .whole)
    }

    @Test(arguments: ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999-", "bytes=20000-,30000-"])
    func rangesOutsideAreUnsatisfiable(value: String) {
        #expect(evaluate(value) == .unsatisfiable)
    }

    @Test func nothingOfAnEmptyRepresentationCanBeSent() {
        #expect(evaluate("bytes=0-", size: 0) == .unsatisfiable)
        #expect(evaluate("bytes=-5", size: 0) == .unsatisfiable)
    }

    @Test func manyRangesAreTheWhole() {
        let sixteen = (0..<16).map { "\($0 * 10)-\($0 * 10)" }.joined(separator: ",")
        #expect(evaluate("bytes=" + sixteen) == .parts((0..<16).map { $0 * 10..<$0 * 10 + 1 }))
        #expect(evaluate("bytes=" + sixteen + ",999-999") == .whole)
        // The request of CVE-2011-3192.
        #expect(evaluate("bytes=0-," + (0..<1300).map { "5-\($0)" }.joined(separator: ",")) == .whole)
        #expect(evaluate("bytes=" + String(repeating: "20000-,", count: 17)) == .whole)
    }

    /// Whatever is sent: ranges lie in the representation, are not empty and do not overlap.
    @Test func randomFieldsGiveRangesWithinTheRepresentation() {
        var generator = SeededGenerator(seed: 5)
        let pieces = ["0", "1", "9", "99", "12345678901234567890", "-", "-", ",", ",", " ", "=", "bytes=", "x", "4"]
        for _ in 0..<20_000 {
            let value =
                "bytes=" + (0..<Int.random(in: 0..<10, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
            let size = [0, 1, 5, 100, 10_000].randomElement(using: &generator)!
            guard case .parts(let parts) = evaluate(value, size: size) else { continue }
            let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
            #expect(!parts.isEmpty && parts.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= size && !$0.isEmpty }, "\(value)")
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }, "\(value)")
        }
    }
}
