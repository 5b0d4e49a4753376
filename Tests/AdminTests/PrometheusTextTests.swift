import Testing

@testable import Admin

@Suite struct PrometheusTextTests {
    @Test func aFamilyIsItsHelpItsTypeAndItsSamples() {
        var text = PrometheusText()
        text.add("tandem_a_total", .counter, "How many.", 3)
        text.add(
            "tandem_b", .gauge, "By kind.", [(["kind": "x", "site": "shop"], 0.5), (["kind": "y", "site": "shop"], 1_795_309_535.407)])
        #expect(
            text.text == """
                # HELP tandem_a_total How many.
                # TYPE tandem_a_total counter
                tandem_a_total 3
                # HELP tandem_b By kind.
                # TYPE tandem_b gauge
                tandem_b{kind="x",site="shop"} 0.5
                tandem_b{kind="y",site="shop"} 1795309535.407

                """)
    }

    @Test func aValueCannotEndItsLabelOrItsLine() {
        var text = PrometheusText()
        text.add("a", .gauge, "h", [(["l": "x\"} 9\nb 1\\"], 1)])
        #expect(text.text.split(separator: "\n").last == #"a{l="x\"} 9\nb 1\\"} 1"#)
    }

    @Test func whatComesTwiceIsSaidOnce() {
        var text = PrometheusText()
        text.add("a", .gauge, "h", [(["l": "x"], 1), (["l": "x"], 0), (["l": "y"], 1)])
        #expect(text.text.split(separator: "\n").dropFirst(2) == ["a{l=\"x\"} 1", "a{l=\"y\"} 1"])
    }

    @Test func aFamilyOfNothingIsLeftOut() {
        var text = PrometheusText()
        text.add("a", .gauge, "h", [])
        #expect(text.text.isEmpty)
    }

    @Test func largeCountsStayWhole() {
        var text = PrometheusText()
        text.add("a", .counter, "h", 9_007_199_254_740_991)
        #expect(text.text.hasSuffix("a 9007199254740991\n"))
    }

    @Test func theKernelKnowsThisProcess() throws {
        let process = try #require(ProcessMeasures())
        #expect(process.residentBytes > 1 << 20 && process.openDescriptors > 2 && process.processorSeconds >= 0)
    }
}
