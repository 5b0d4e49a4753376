import Model
import Testing

@testable import HTTPEngine
@testable import Serving

@Suite struct EncodingPreferenceTests {
    private func preference(_ value: String) -> EncodingPreference {
        Array(value.utf8).withUnsafeBufferPointer { EncodingPreference($0) }
    }

    /// br, zstd, gzip, identity in thousandths.
    private func weights(_ value: String) -> [UInt16] {
        let found = preference(value)
        return [found.brotli, found.zstd, found.gzip, found.identity]
    }

    @Test(
        arguments: [
            // The examples of RFC 9110 §12.5.3.
            ("compress, gzip", [0, 0, 1000, 1]), ("", [0, 0, 0, 1]), ("*", [1000, 1000, 1000, 1]),
            ("compress;q=0.5, gzip;q=1.0", [0, 0, 1000, 1]), ("gzip;q=1.0, identity; q=0.5, *;q=0", [0, 0, 1000, 500]),
            // What browsers send.
            ("gzip, deflate, br, zstd", [1000, 1000, 1000, 1]), ("identity", [0, 0, 0, 1000]),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", [1000, 100, 800, 1]), ("GZIP, BR", [1000, 0, 1000, 1]), ("x-gzip", [0, 0, 1000, 1]),
            ("gzip;q=0", [0, 0, 0, 1]), ("*;q=0", [0, 0, 0, 0]), ("identity;q=0", [0, 0, 0, 0]), ("br, *;q=0", [1000, 0, 0, 0]),
            ("*;q=0, br", [1000, 0, 0, 0]), ("gzip;Q=0.5", [0, 0, 500, 1]), ("gzip ; q=0.25", [0, 0, 250, 1]), ("gzip;q=0.", [0, 0, 0, 1]),
            ("gzip;q=1.", [0, 0, 1000, 1]), ("gzip;q=0.001", [0, 0, 1, 1]), (" , ,br,", [1000, 0, 0, 1]),
            ("gzip;x=y;q=0.3", [0, 0, 300, 1]),
            // Malformed members are passed over.
            ("gzip;q=2", [0, 0, 0, 1]), ("gzip;q=-1", [0, 0, 0, 1]), ("gzip;q=1.001", [0, 0, 0, 1]), ("gzip;q=0.1234", [0, 0, 0, 1]),
            ("gzip;q=", [0, 0, 0, 1]), ("gzip;q=abc, br", [1000, 0, 0, 1]), ("gzip;q=0.5\u{301}, br", [1000, 0, 0, 1]),
            (";q=1", [0, 0, 0, 1]),
            ("br gzip", [0, 0, 0, 1]), ("brotli", [0, 0, 0, 1]), ("gzip;q=00.5", [0, 0, 0, 1]), ("gzip;q=.5", [0, 0, 0, 1]),
        ] as [(String, [UInt16])])
    func fieldsGiveWeights(value: String, expected: [UInt16]) {
        #expect(weights(value) == expected)
    }

    private func select(_ value: String, _ sizes: [Coding: Int]) -> Coding? {
        let candidates =
            [Representation(coding: nil, blob: digest(""), size: 1000)]
            + Coding.allCases.compactMap { coding in
                sizes[coding].map { Representation(coding: coding, blob: digest(coding.token), size: $0) }
            }
        return Representation.select(candidates, preference(value)).coding
    }

    private static let usual: [Coding: Int] = [.brotli: 300, .zstd: 320, .gzip: 400]

    @Test(
        arguments: [
            ("gzip, deflate, br, zstd", Coding.brotli), ("gzip, zstd", .zstd), ("gzip", .gzip), ("", nil), ("deflate", nil), ("*", .brotli),
            ("br;q=0.5, gzip", .gzip), ("br;q=0, *", .zstd), ("identity, br;q=0.9", nil), ("gzip;q=0.001", .gzip), ("*;q=0", nil),
            ("identity;q=0", nil), ("identity;q=0, gzip", .gzip), ("identity;q=0.8, br;q=0.8", .brotli),
        ] as [(String, Coding?)])
    func theHighestWeightIsSentAndOfEqualsTheSmallest(value: String, expected: Coding?) {
        #expect(select(value, Self.usual) == expected)
    }

    @Test func zstdIsSentWhereItIsTheSmaller() {
        #expect(select("br, zstd", [.brotli: 320, .zstd: 300]) == .zstd)
    }

    @Test func withoutEncodingsThereIsOnlyIdentity() {
        for value in ["br", "identity;q=0, br", "*;q=0"] { #expect(select(value, [:]) == nil) }
    }

    @Test func theMemoRemembersWhatItIsTold() {
        var memo = PreferenceMemo()
        let none = memo.find(nil)
        #expect(none == .identityOnly)
        for round in 0..<3 {
            for number in 0..<40 {
                let value = Array("br;q=0.\(number), gzip".utf8)
                let found = value.withUnsafeBufferPointer { memo.find($0) }
                #expect(found == value.withUnsafeBufferPointer { EncodingPreference($0) }, "round \(round)")
            }
        }
        let empty = [UInt8]().withUnsafeBufferPointer { memo.find($0) }
        #expect(empty == .identityOnly)
    }
}
