import Model
import Testing

@Suite struct ClientSketchTests {
    /// A hash as good as those of addresses are (SplitMix64).
    private func hash(_ number: UInt64) -> UInt64 {
        var z = number &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    private func sketch(_ clients: Range<UInt64>) -> ClientSketch {
        var sketch = ClientSketch()
        for client in clients { sketch.insert(hash: hash(client)) }
        return sketch
    }

    @Test func nobodyIsNobodyAndOneIsOne() {
        #expect(ClientSketch().estimate == 0)
        #expect(ClientSketch().isEmpty)
        var one = ClientSketch()
        for _ in 0..<1000 { one.insert(hash: hash(42)) }
        #expect(one.estimate == 1)
        #expect(!one.isEmpty)
    }

    @Test func twoClientsAreToldFromOne() {
        // Of 512 bits two clients share one in one case of 512.
        let wrong = (0..<2000).count { sketch(UInt64($0) * 2..<UInt64($0) * 2 + 2).estimate != 2 }
        #expect(wrong < 12)
    }

    @Test(arguments: [10, 50, 100, 300, 600, 1000] as [UInt64]) func estimatesAreCloseOnAverageAndNeverFarOff(clients: UInt64) {
        let estimates = (0..<200).map { Double(sketch(UInt64($0) * 10_000..<UInt64($0) * 10_000 + clients).estimate) }
        let mean = estimates.reduce(0, +) / Double(estimates.count)
        #expect(abs(mean - Double(clients)) <= max(Double(clients) * 0.02, 0.5))
        // Whang et al.: the standard error at 512 bits is below 7 % up to a load of two.
        #expect(estimates.allSatisfy { abs($0 - Double(clients)) <= max(Double(clients) * 0.25, 3) })
    }

    @Test func aUnionCountsEachClientOnce() {
        var a = sketch(0..<100)
        a.formUnion(sketch(50..<150))
        #expect(a == sketch(0..<150))
        var same = a
        same.formUnion(a)
        #expect(same == a)
    }

    @Test func aFullSketchHasABound() {
        let full = ClientSketch(words: Array(repeating: .max, count: ClientSketch.wordCount))
        #expect(full?.estimate == 3194)
        #expect(ClientSketch(words: [1]) == nil)
    }
}
