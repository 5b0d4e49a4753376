import Compression
import Model
import Snapshots
import Testing

@testable import Proxying

@Suite struct EncoderStockTests {
    private let policy = CompressionPolicy()

    @Test func theMemoryOfAllIsBounded() throws {
        let stock = EncoderStock()
        var lent: [AnswerEncoder] = []
        while let one = stock.take(.brotli, policy, isLasting: false) { lent.append(one) }
        #expect(lent.count == EncoderStock.budget / StreamEncoder.weight(.brotli, isCompact: false))
        #expect(stock.weight <= EncoderStock.budget)
        #expect(stock.take(.gzip, policy, isLasting: true) != nil)
        // One that comes back makes room for another, also of another kind.
        stock.put(lent.removeLast().encoder)
        for _ in 0..<2 { #expect(stock.take(.zstd, policy, isLasting: false) != nil) }
        #expect(stock.take(.brotli, policy, isLasting: false) == nil)
        #expect(stock.weight <= EncoderStock.budget)
    }

    @Test func oneThatCameBackIsUsedAgainForTheSameOnly() throws {
        let stock = EncoderStock()
        let first = try #require(stock.take(.gzip, policy, isLasting: false))
        stock.put(first.encoder)
        let weight = stock.weight
        #expect(stock.take(.gzip, policy, isLasting: true)?.encoder !== first.encoder)
        #expect(stock.take(.gzip, CompressionPolicy(level: 9), isLasting: false)?.encoder !== first.encoder)
        #expect(stock.take(.gzip, policy, isLasting: false)?.encoder === first.encoder)
        #expect(stock.weight > weight)
    }

    @Test func fewAreKeptWhileNobodyUsesThem() throws {
        let stock = EncoderStock()
        let lent = try (0..<40).map { _ in try #require(stock.take(.zstd, policy, isLasting: false)) }
        for one in lent { stock.put(one.encoder) }
        #expect(stock.weight == 6 * StreamEncoder.weight(.zstd, isCompact: false))
    }

    @Test(arguments: Coding.allCases) func aPauseGivesWhatIsHeldAndNothingTwice(_ coding: Coding) throws {
        let stock = EncoderStock()
        var encoder = try #require(stock.take(coding, policy, isLasting: false))
        #expect(try encoder.pause().isEmpty)
        var made = try Array("some text".utf8).withUnsafeBytes { Array(try encoder.take($0)) }
        let rest = Array(try encoder.pause())
        #expect(!rest.isEmpty)
        made += rest
        #expect(try encoder.pause().isEmpty)
        made += Array(try encoder.take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true))
        #expect(encoder.count == made.count && encoder.plainCount == 9)
        #expect(try decoded(made, coding.token, size: 9) == Array("some text".utf8))
    }
}

/// By the libraries that made it.
func decoded(_ bytes: [UInt8], _ token: String?, size: Int) throws -> [UInt8] {
    let codec: Codec? =
        switch token {
        case "br": .brotli
        case "zstd": .zstd
        case "gzip": .gzip
        default: nil
        }
    guard let codec else { return bytes }
    return try bytes.withUnsafeBytes { try codec.decompress($0, size: size) }
}
