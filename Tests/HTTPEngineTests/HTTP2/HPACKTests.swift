import TestSeeds
import Testing

@testable import HTTPEngine

/// A field as text.
struct TextField: Equatable, CustomStringConvertible {
    var name: String
    var value: String
    init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    var description: String { "\(name): \(value)" }
}

/// A decoder that gives text.
struct TextDecoder: ~Copyable {
    var decoder: HPACKDecoder

    init(tableSize: Int = 4096) { decoder = HPACKDecoder(tableSize: tableSize) }

    mutating func decode(_ block: [UInt8]) throws(HPACKError) -> [TextField] {
        // Exactly as much room as is promised to be enough: a sanitizer sees any write beyond it.
        let input = OwnedBytes(block)
        let output = UnsafeMutablePointer<UInt8>.allocate(capacity: block.count * 2 + 4096 + 8)
        defer { output.deallocate() }
        var reader = HPACKReader(UnsafePointer(input.base), count: input.count)
        try decoder.begin(&reader)
        var fields: [TextField] = []
        while !reader.isAtEnd {
            let entry = try decoder.next(&reader, into: output)
            let line = UnsafeBufferPointer(start: output, count: entry.lineCount)
            fields.append(
                TextField(
                    String(decoding: line[..<entry.nameCount], as: UTF8.self),
                    String(decoding: line[(entry.nameCount + 2)..<(entry.lineCount - 2)], as: UTF8.self)))
        }
        return fields
    }
}

func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).map { offset in
        UInt8(digits.dropFirst(offset).prefix(2), radix: 16) ?? 0
    }
}

/// RFC 7541, by section.
@Suite struct HPACKTests {
    private func failure(_ block: String, tableSize: Int = 4096) -> HPACKError? {
        var decoder = TextDecoder(tableSize: tableSize)
        do throws(HPACKError) {
            _ = try decoder.decode(bytes(block))
            return nil
        } catch { return error }
    }

    // MARK: Appendix C

    private func read(_ hexadecimal: String, prefix: Int) throws -> Int {
        let input = OwnedBytes(bytes(hexadecimal))
        var reader = HPACKReader(UnsafePointer(input.base), count: input.count)
        return try reader.integer(prefix: prefix)
    }

    @Test func integersOfC1() throws {
        #expect(try read("0a", prefix: 5) == 10)
        #expect(try read("1f9a0a", prefix: 5) == 1337)
        #expect(try read("2a", prefix: 8) == 42)
        for (value, prefix, expected) in [(10, 5, "0a"), (1337, 5, "1f9a0a"), (42, 8, "2a")] {
            var block: [UInt8] = []
            HPACKEncoder.append(integer: value, prefix: prefix, pattern: 0, to: &block)
            #expect(block == bytes(expected))
        }
    }

    @Test func literalsOfC2() throws {
        var decoder = TextDecoder()
        #expect(
            try decoder.decode(bytes("400a637573746f6d2d6b65790d637573746f6d2d686561646572")) == [TextField("custom-key", "custom-header")])
        #expect(decoder.decoder.tableSize == 55)
        #expect(try decoder.decode(bytes("040c2f73616d706c652f70617468")) == [TextField(":path", "/sample/path")])
        #expect(try decoder.decode(bytes("100870617373776f726406736563726574")) == [TextField("password", "secret")])
        #expect(decoder.decoder.tableSize == 55)
        #expect(try decoder.decode(bytes("82")) == [TextField(":method", "GET")])
    }

    private static let requests: [[TextField]] = {
        let first = [
            TextField(":method", "GET"), TextField(":scheme", "http"), TextField(":path", "/"), TextField(":authority", "www.example.com"),
        ]
        return [
            first, first + [TextField("cache-control", "no-cache")],
            [
                TextField(":method", "GET"), TextField(":scheme", "https"), TextField(":path", "/index.html"),
                TextField(":authority", "www.example.com"), TextField("custom-key", "custom-value"),
            ],
        ]
    }()

    @Test(arguments: [
        // C.3 plain, C.4 with the Huffman code.
        [
            "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
    ]) func requestsOfC3AndC4(_ blocks: [String]) throws {
        var decoder = TextDecoder()
        for (block, (fields, size)) in zip(blocks, zip(Self.requests, [57, 110, 164])) {
            #expect(try decoder.decode(bytes(block)) == fields)
            #expect(decoder.decoder.tableSize == size)
        }
    }

    @Test(arguments: [
        // C.5 plain, C.6 with the Huffman code; a table of 256 bytes, so that entries are evicted.
        [
            """
            4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578
            616d706c652e636f6d
            """, "4803333037c1c0bf",
            """
            88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f
            50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31
            """,
        ],
        [
            """
            488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3
            """, "4883640effc1c0bf",
            """
            88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5
            291f9587316065c003ed4ee5b1063d5007
            """,
        ],
    ]) func responsesOfC5AndC6(_ blocks: [String]) throws {
        let date = "Mon, 21 Oct 2013 20:13:21 GMT"
        let fields = [
            TextField(":status", "302"), TextField("cache-control", "private"), TextField("date", date),
            TextField("location", "https://www.example.com"),
        ]
        var decoder = TextDecoder(tableSize: 256)
        #expect(try decoder.decode(bytes(blocks[0])) == fields)
        #expect(decoder.decoder.tableSize == 222)
        #expect(try decoder.decode(bytes(blocks[1])) == [TextField(":status", "307")] + fields[1...])
        #expect(decoder.decoder.tableSize == 222)
        #expect(
            try decoder.decode(bytes(blocks[2])) == [
                TextField(":status", "200"), fields[1], TextField("date", "Mon, 21 Oct 2013 20:13:22 GMT"), fields[3],
                TextField("content-encoding", "gzip"),
                TextField("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
            ])
        #expect(decoder.decoder.tableSize == 215)
        #expect(decoder.decoder.tableCount == 3)
    }

    // MARK: By section

    @Test func indicesBeyondBothTablesAreErrors_2_3_3() {
        #expect(failure("80") == .badIndex)
        #expect(failure("be") == .badIndex)
        #expect(failure("ff00") == .badIndex)
        #expect(failure("7f 00 00") == .badIndex)
        #expect(failure("0f 80 01 00") == .badIndex)
    }

    @Test func aSizeUpdateStandsFirst_4_2() {
        #expect(failure("20 3f e1 1f 82") == nil)
        #expect(failure("82 20") == .lateSizeUpdate)
    }

    @Test func theTableIsEvictedWhenItShrinks_4_3() throws {
        var decoder = TextDecoder()
        _ = try decoder.decode(bytes("4001610162 4001630164"))
        #expect(decoder.decoder.tableCount == 2)
        // 34 bytes are one entry.
        #expect(try decoder.decode(bytes("3f03 be")) == [TextField("c", "d")])
        #expect(decoder.decoder.tableCount == 1)
        #expect(try decoder.decode(bytes("20")) == [])
        #expect(decoder.decoder.tableCount == 0)
    }

    @Test func aFieldLargerThanTheTableEmptiesIt_4_4() throws {
        var decoder = TextDecoder(tableSize: 64)
        _ = try decoder.decode(bytes("4001610162"))
        #expect(decoder.decoder.tableCount == 1)
        var block: [UInt8] = [0x40, 1, 0x61]
        HPACKEncoder.append(integer: 64, prefix: 7, pattern: 0, to: &block)
        block += [UInt8](repeating: 0x62, count: 64)
        #expect(try decoder.decode(block).count == 1)
        #expect(decoder.decoder.tableCount == 0)
    }

    @Test func aNameMayComeFromTheEntryThatIsEvictedForIt_4_4() throws {
        var decoder = TextDecoder(tableSize: 48)
        _ = try decoder.decode(bytes("4008 6161616161616161 0162"))
        #expect(try decoder.decode(bytes("7e 08 6363636363636363")) == [TextField("aaaaaaaa", "cccccccc")])
        #expect(try decoder.decode(bytes("be")) == [TextField("aaaaaaaa", "cccccccc")])
    }

    @Test func integersHaveBounds_5_1() {
        #expect(failure("ff ffff ff ff 0f") == .integerTooLarge)
        #expect(failure("ff 80 80 80 80 00") == .integerTooLarge)
        #expect(failure("ff") == .truncated)
        #expect(failure("ff 80") == .truncated)
    }

    @Test func stringsEndInTheBlock_5_2() {
        #expect(failure("40 05 61") == .truncated)
        #expect(failure("40") == .truncated)
        #expect(failure("40 01 61 ff 80 80") == .truncated)
    }

    @Test func paddingIsLessThanAByteOfOnes_5_2() {
        // "a" is 00011.
        #expect(failure("40 81 1f 00") == nil)
        #expect(failure("40 81 18 00") == .badHuffmanString)
        #expect(failure("40 82 1f ff 00") == .badHuffmanString)
        #expect(failure("40 81 ff 00") == .badHuffmanString)
        // The end of a string, written out.
        #expect(failure("40 84 ff ff ff ff 00") == .badHuffmanString)
        #expect(failure("40 85 1f ff ff ff ff 00") == .badHuffmanString)
    }

    @Test func updatesAboveOurSettingAreErrors_6_3() {
        #expect(failure("3f e1 1f") == nil)
        #expect(failure("3f e2 1f") == .tableTooLarge)
    }

    @Test func everySymbolHasItsCode() {
        let all = (0...255).map { UInt8($0) }
        for symbol in all {
            var code: [UInt8] = []
            HuffmanCode.shared.encode([symbol, 0x61], into: &code)
            #expect(code.count == HuffmanCode.shared.encodedCount([symbol, 0x61]))
            #expect(decoded(code) == [symbol, 0x61])
        }
        var code: [UInt8] = []
        HuffmanCode.shared.encode(all, into: &code)
        #expect(decoded(code) == all)
    }

    private func decoded(_ code: [UInt8]) -> [UInt8]? {
        let input = OwnedBytes(code)
        let output = UnsafeMutablePointer<UInt8>.allocate(capacity: code.count * 8 / 5 + 1)
        defer { output.deallocate() }
        return HuffmanCode.shared.decode(input.base, count: code.count, into: output).map { count in (0..<count).map { output[$0] } }
    }

    // MARK: Any input

    @Test(arguments: [UInt64(1), 2, 3]) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var decoder = TextDecoder()
        for _ in 0..<500 {
            var block: [UInt8] = []
            var fields: [TextField] = []
            for _ in 0..<Int.random(in: 0..<8, using: &random) {
                let name = ["etag", "x-\(Int.random(in: 0..<50, using: &random))", "vary", "a"].randomElement(using: &random) ?? ""
                let value = String(repeating: "aZ~\u{1}", count: Int.random(in: 0..<60, using: &random))
                fields.append(TextField(name, value))
                HPACKEncoder.append(name: name.utf8, value: value.utf8, isPlain: .random(using: &random), to: &block)
            }
            #expect(try decoder.decode(block) == fields)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func anyBytesAreAFieldOrAnError(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var decoder = TextDecoder(tableSize: 256)
        var fields = 0
        var errors = 0
        for _ in 0..<5_000 {
            var block: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                switch Int.random(in: 0..<5, using: &random) {
                case 0: block.append(.random(in: 0x80...0xc4, using: &random))
                case 1: block += bytes("4001610162")
                case 2: block += bytes("7e 82 1f 1f 03 616263")
                case 3: block += bytes("04 8c f1e3c2e5f23a6ba0ab90f4ff")
                default: block.append(0x20 | .random(in: 0...31, using: &random))
                }
            }
            for index in block.indices where Int.random(in: 0..<30, using: &random) == 0 {
                block[index] = .random(in: 0...255, using: &random)
            }
            do throws(HPACKError) {
                fields += try decoder.decode(block).count
            } catch { errors += 1 }
            #expect(decoder.decoder.tableSize <= 256)
        }
        #expect(fields > 100 && errors > 100)
    }
}
