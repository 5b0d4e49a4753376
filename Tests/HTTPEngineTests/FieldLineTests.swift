import Testing

@testable import HTTPEngine

/// RFC 9112 §5, RFC 9110 §5.
@Suite struct FieldLineTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var line: String
        var reason: Refusal.Reason
        init(_ line: String, _ reason: Refusal.Reason) { (self.line, self.reason) = (line, reason) }
        var testDescription: String { line.debugDescription }
    }

    @Test(arguments: [
        // RFC 9112 §5.1: no space between name and colon.
        Refused("A : b", .badFieldName), Refused("A\t: b", .badFieldName), Refused("Content-Length : 5", .badFieldName),
        // RFC 9110 §5.1: a name is a token.
        Refused(": b", .badFieldName), Refused("A", .badFieldName), Refused("A B: c", .badFieldName), Refused("A(b): c", .badFieldName),
        Refused("A/b: c", .badFieldName), Refused("A@b: c", .badFieldName), Refused("A\0: c", .badFieldName),
        Refused("\u{7f}: c", .badFieldName),
        Refused("\u{e9}: c", .badFieldName), Refused("A\"b\": c", .badFieldName), Refused("A,b: c", .badFieldName),
        Refused("A\rb: c", .badFieldName),
        Refused("A\nb: c", .badFieldName),
        // RFC 9112 §5.2: obs-fold.
        Refused("A: b\r\n c", .foldedField), Refused("A: b\r\n\tc", .foldedField), Refused("A: b\r\n ", .foldedField),
        // RFC 9110 §5.5: CR, LF, NUL and the other controls.
        Refused("A: b\0c", .badFieldValue), Refused("A: b\u{1}c", .badFieldValue), Refused("A: b\u{1b}c", .badFieldValue),
        Refused("A: b\u{7f}c", .badFieldValue), Refused("A: b\rc", .badFieldValue), Refused("A: b\r", .badFieldValue),
        Refused("A: b\nc", .bareLineFeed), Refused("A: \n", .bareLineFeed), Refused("A:\u{b}", .badFieldValue),
    ])
    func badLinesAreRefused(_ row: Refused) {
        let result = ParseResult(headWith(row.line))
        #expect(result.refusal == Refusal(400, row.reason), "\(result.outcome)")
    }

    @Test func aSpaceBeforeTheFirstFieldIsAFold() {
        #expect(ParseResult("GET / HTTP/1.1\r\n Host: h\r\n\r\n").refusal == Refusal(400, .foldedField))
    }

    @Test func everyControlIsRefusedInEveryPlaceOfAValue() {
        // Long enough for whole words and a rest.
        for place in 0..<21 {
            for byte in UInt8.min...UInt8.max {
                var value = [UInt8](repeating: UInt8(ascii: "v"), count: 21)
                value[place] = byte
                let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nX: ".utf8) + value + Array("\r\n\r\n".utf8)
                let legal = (byte >= 0x20 && byte != 0x7f) || byte == 0x09
                let result = ParseResult(bytes)
                #expect((result.outcome == .complete(bytes.count)) == legal, "byte \(byte) at \(place)")
                if !legal { #expect(result.refusal?.status == 400) }
            }
        }
    }

    @Test func onlyTokenBytesStandInNames() {
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
            let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nX".utf8) + [byte] + Array("Y: v\r\n\r\n".utf8)
            #expect((ParseResult(bytes).outcome == .complete(bytes.count)) == ByteClass.isToken(byte), "\(byte)")
        }
    }

    @Test func whitespaceAroundAValueIsNoPartOfIt() throws {
        let head = try #require(ParseResult(headWith("A:b", "C: \t d e \t ", "F:", "G: \t ")).head)
        #expect(head.lines.dropFirst().map(\.name) == ["A", "C", "F", "G"])
        #expect(head.lines.dropFirst().map(\.value) == ["b", "d e", "", ""])
    }

    @Test func everyKnownFieldLandsInItsSlotInAnyCase() throws {
        for field in KnownField.allCases where ![.host, .contentLength, .transferEncoding, .expect].contains(field) {
            let name = field.name.description
            for spelled in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
                let head = try #require(ParseResult(headWith("\(spelled): some value")).head)
                #expect(head.known == [.host: "a.example", field: "some value"], "\(spelled)")
            }
            // One letter off is another field.
            for index in name.indices where name[index] != "-" {
                var other = name
                other.replaceSubrange(index...index, with: name[index] == "z" ? "y" : "z")
                let isKnown = KnownField.allCases.contains { $0.name.description == other }
                if !isKnown { #expect(ParseResult(headWith("\(other): x")).head?.known.count == 1, "\(other)") }
            }
        }
    }

    @Test func namesThatDifferInBitFiveAreNotFoldedTogether() throws {
        // `_` is `-` + 0x32 and DEL is `_` + 0x20: only letters have cases.
        for line in ["Content_Length: 5", "Transfer_Encoding: chunked", "h\u{4f}s\u{54}x: b", "If_Range: x"] {
            let head = try #require(ParseResult(headWith(line)).head)
            #expect(head.known.count == 1)
            #expect(head.framing == .none)
        }
    }

    @Test func repeatedListFieldsAreJoinedInOrder() throws {
        let request = try DetachedRequest(
            head: Array(
                headWith("Accept-Encoding: gzip", "Cookie: a=b", "X: y", "accept-encoding:br", "Cookie: c=d", "ACCEPT-ENCODING:  zstd ")
                    .utf8))
        let exchange = request.exchange
        #expect(exchange.joined(.acceptEncoding) == Array("gzip, br, zstd".utf8))
        // RFC 6265 §5.4: cookies join with semicolons.
        #expect(exchange.joined(.cookie) == Array("a=b; c=d".utf8))
        #expect(exchange.head.isRepeated(.acceptEncoding))
        #expect(!exchange.head.isRepeated(.host))
        #expect(exchange.joined(.range).isEmpty)
        #expect(exchange.joined(.host) == Array("a.example".utf8))
    }

    @Test func aFieldWithoutSlotIsFoundByName() throws {
        let bytes = OwnedBytes(Array(headWith("X-One: 1", "X-ONE: 2", "x-two:  zwei ").utf8))
        var head = RequestHead()
        _ = RequestHeadParser.parse(bytes.base, count: bytes.count, limits: EngineLimits(), into: &head)
        func value(_ name: String) -> String? {
            let lower = OwnedBytes(Array(name.utf8))
            return head.field(named: UnsafeBufferPointer(start: lower.base, count: lower.count), in: bytes.base)
                .map { String(decoding: $0.bytes(from: bytes.base), as: UTF8.self) }
        }
        #expect(value("x-one") == "1")
        #expect(value("x-two") == "zwei")
        #expect(value("x-three") == nil)
        #expect(value("x-on") == nil)
    }

    @Test func slotsOfTheLastRequestAreForgotten() {
        var head = RequestHead()
        let first = OwnedBytes(
            Array(headWith("Range: bytes=0-1", "Cookie: a", "Cookie: b", "Content-Length: 3", "Expect: 100-continue").utf8))
        _ = RequestHeadParser.parse(first.base, count: first.count, limits: EngineLimits(), into: &head)
        #expect(head.expectsContinue)
        let second = OwnedBytes(Array(headWith("Cookie: c").utf8))
        _ = RequestHeadParser.parse(second.base, count: second.count, limits: EngineLimits(), into: &head)
        let parsed = ParsedHead(head, second.base)
        #expect(parsed.known == [.host: "a.example", .cookie: "c"])
        #expect(!head.isRepeated(.cookie))
        #expect(head.framing == .none)
        #expect(!head.expectsContinue)
        #expect(head.fieldCount == 2)
    }
}
