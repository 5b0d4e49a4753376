import Testing

@testable import HTTPEngine

/// Every bound at the bound and one over it.
@Suite struct HeadLimitTests {
    private func limits(_ change: (inout EngineLimits) -> Void) -> EngineLimits {
        var limits = EngineLimits()
        change(&limits)
        return limits
    }

    @Test(arguments: [40, 8192]) func aRequestLineFitsOrIs414(_ bound: Int) {
        let limits = limits { $0.requestLine = bound }
        func line(_ count: Int) -> String { "GET /" + String(repeating: "a", count: count - 14) + " HTTP/1.1" }
        for prefix in ["", "\r\n"] {
            #expect(line(bound).utf8.count == bound)
            #expect(ParseResult("\(prefix)\(line(bound))\r\nHost: h\r\n\r\n", limits: limits).head != nil)
            for over in 1...12 {
                let result = ParseResult("\(prefix)\(line(bound + over))\r\nHost: h\r\n\r\n", limits: limits)
                #expect(result.refusal == Refusal(414, .requestLineTooLong), "\(over) over: \(result.outcome)")
            }
        }
        // Too long is known before the line ends, and before its version.
        #expect(ParseResult(String(line(bound + 100).prefix(bound + 1)), limits: limits).refusal == Refusal(414, .requestLineTooLong))
        #expect(ParseResult(String(repeating: "A", count: bound + 1), limits: limits).refusal == Refusal(414, .requestLineTooLong))
        #expect(ParseResult(String(line(bound).prefix(bound - 9)), limits: limits).outcome == .incomplete)
    }

    @Test func fieldsAreCounted() {
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: count - 1) + "\r\n"
        }
        #expect(ParseResult(head(100)).head?.lines.count == 100)
        #expect(ParseResult(head(101)).refusal == Refusal(431, .tooManyFields))
        let three = limits { $0.fieldCount = 3 }
        #expect(ParseResult(head(3), limits: three).head?.lines.count == 3)
        #expect(ParseResult(head(4), limits: three).refusal == Refusal(431, .tooManyFields))
    }

    @Test(arguments: [64, 32 * 1024]) func fieldBytesAreCounted(_ bound: Int) {
        let limits = limits { $0.fieldBytes = bound }
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "b", count: count - 14) + "\r\n\r\n"
        }
        let fits = ParseResult(head(bound), limits: limits)
        #expect(fits.outcome == .complete(16 + bound + 2))
        #expect(ParseResult(head(bound + 1), limits: limits).refusal == Refusal(431, .fieldsTooLarge))
        // A field without end is over the bound before its end has come.
        #expect(ParseResult(String(head(bound + 40).prefix(16 + bound + 2)), limits: limits).refusal == Refusal(431, .fieldsTooLarge))
        let name = "GET / HTTP/1.1\r\n" + String(repeating: "n", count: bound + 2)
        #expect(ParseResult(name, limits: limits).refusal == Refusal(431, .fieldsTooLarge))
    }
}
