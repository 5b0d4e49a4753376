import Testing

@testable import HTTPEngine

/// RFC 9112 §7.1.
@Suite struct ChunkedDecoderTests {
    struct Decoded: Equatable {
        var body: [UInt8] = []
        /// Bytes consumed up to the end of the message; nil: it has not come.
        var end: Int?
        var refusal: Refusal?
    }

    /// Feeds the pieces as a connection would: what is not consumed comes again with the next.
    static func decode(_ bytes: [UInt8], pieces: [Int], limits: EngineLimits = EngineLimits()) -> Decoded {
        var decoder = ChunkedDecoder()
        var result = Decoded()
        var at = 0
        for piece in pieces + [bytes.count] {
            while at < piece {
                let copy = OwnedBytes(bytes[at..<piece])
                switch decoder.next(copy.base, count: copy.count, limits: limits) {
                case .framing(let count):
                    precondition(count == copy.count, "framing leaves nothing behind")
                    at += count
                case .data(let offset, let count):
                    precondition(count > 0 && offset + count <= copy.count, "data lies inside")
                    result.body += (offset..<(offset + count)).map { copy.base[$0] }
                    at += offset + count
                case .end(let count):
                    result.end = at + count
                    return result
                case .refused(let refusal):
                    result.refusal = refusal
                    return result
                }
            }
        }
        return result
    }

    static func decode(_ text: String, limits: EngineLimits = EngineLimits()) -> Decoded {
        decode(Array(text.utf8), pieces: [], limits: limits)
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("3\r\nabc\r\nA\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "abc0123456789abcdefghij"),
        ("000000000000003\r\na\r\n\r\n0\r\n\r\n", "a\r\n"), ("000000000000000\r\n\r\n", ""), ("1;a\r\nx\r\n0;b=c\r\n\r\n", "x"),
        ("2;n=\"a \t; b\"\r\nxy\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "xy"), ("1\r\n\n\r\n1\r\n\r\r\n0\r\n\r\n", "\n\r"),
    ])
    func validBodiesComeOutHoweverTheyAreSplit(_ text: String, _ body: String) {
        let bytes = Array(text.utf8)
        let expected = Decoded(body: Array(body.utf8), end: bytes.count)
        // With the next request behind it.
        #expect(Self.decode(bytes + Array("GET / HTTP/1.1\r\n".utf8), pieces: []) == expected)
        #expect(Self.decode(bytes, pieces: Array(0..<bytes.count)) == expected, "byte by byte")
        for first in 0...bytes.count {
            for second in first...bytes.count { #expect(Self.decode(bytes, pieces: [first, second]) == expected, "\(first), \(second)") }
        }
        for count in 0..<bytes.count {
            let part = Self.decode(Array(bytes[..<count]), pieces: [])
            #expect(part.end == nil && part.refusal == nil, "\(count) bytes of it")
        }
    }

    /// What two decoders have been seen to read in two ways.
    static let corpus: [(String, Refusal)] = {
        let chunk = Refusal(400, .badChunk)
        let trailer = Refusal(400, .badTrailer)
        return [
            // A size is 1*HEXDIG.
            ("\r\n", chunk), (" 5\r\nhello\r\n0\r\n\r\n", chunk), ("5 \r\nhello\r\n0\r\n\r\n", chunk), ("\t5\r\nhello", chunk),
            ("5\t\r\nhello", chunk), ("+5\r\nhello", chunk), ("-5\r\nhello", chunk), ("0x5\r\nhello", chunk), ("5h\r\nhello", chunk),
            ("5 ;a\r\nhello", chunk), (";a\r\nhello", chunk), ("5,5\r\nhello", chunk), ("5_0\r\nhello", chunk), ("\0005\r\nhello", chunk),
            ("g\r\nhello", chunk), ("\u{b2}\r\n", chunk), ("5\u{b}\r\nhello", chunk), ("\"5\"\r\nhello", chunk),
            // 16 digits overflow somewhere.
            ("0000000000000005\r\nhello", chunk), ("FFFFFFFFFFFFFFFF\r\n", chunk), ("10000000000000005\r\nhello", chunk),
            // Lines end with CRLF.
            ("5\nhello\r\n0\r\n\r\n", chunk), ("5\rhello\r\n0\r\n\r\n", chunk), ("5\r\rhello", chunk), ("5\r\n\nhello", chunk),
            ("5;a\nhello\r\n0\r\n\r\n", chunk), ("5;a\rb\r\nhello", chunk), ("5;\0\r\nhello", chunk), ("5;\u{7f}\r\nhello", chunk),
            // Data is followed by CRLF and is as long as was said.
            ("5\r\nhello0\r\n\r\n", chunk), ("5\r\nhello\n0\r\n\r\n", chunk), ("5\r\nhello\r0\r\n\r\n", chunk),
            ("4\r\nhello\r\n0\r\n\r\n", chunk),
            ("6\r\nhello\r\n0\r\n\r\n", chunk), ("5\r\nhello\r\n\r\n0\r\n\r\n", chunk),
            // The end.
            ("0\n\r\n", chunk), ("0\r\n\n", trailer), ("0\r\n\rx", chunk), ("0\r\nGET / HTTP/1.1\r\n\r\n", trailer),
            // Trailers that are no fields, or must not be trailers (RFC 9110 §6.5.1).
            ("0\r\nA: b\n\r\n", trailer), ("0\r\nA: b\rc\r\n\r\n", trailer), ("0\r\n A: b\r\n\r\n", trailer),
            ("0\r\nA : b\r\n\r\n", trailer),
            ("0\r\n: b\r\n\r\n", trailer), ("0\r\nA\r\n\r\n", trailer), ("0\r\nA: b\r\n c\r\n\r\n", trailer),
            ("0\r\nA: \0\r\n\r\n", trailer),
            ("0\r\nA(: b\r\n\r\n", trailer),
        ]
            + [
                "Transfer-Encoding: chunked", "content-length: 5", "HOST: b", "Connection: close", "TE: trailers", "Trailer: a",
                "Upgrade: x",
                "Expect: 100-continue", "Range: bytes=0-", "If-Match: *", "If-None-Match: *", "Authorization: x", "Cookie: a=b",
                "Cache-Control: no-store",
                "Content-Encoding: gzip", "Content-Type: a/b", "Content-Range: x", "X-Forwarded-For: ::1", "Forwarded: for=a",
                "Keep-Alive: 5",
            ].map { ("0\r\nX: y\r\n\($0)\r\n\r\n", trailer) }
    }()

    @Test func theSmugglingCorpusIsRefusedHoweverItIsSplit() {
        for (text, refusal) in Self.corpus {
            let bytes = Array(text.utf8)
            #expect(Self.decode(bytes, pieces: []).refusal == refusal, "\(text.debugDescription)")
            let whole = Self.decode(bytes, pieces: [])
            for split in 0...bytes.count { #expect(Self.decode(bytes, pieces: [split]) == whole, "\(text.debugDescription) at \(split)") }
            #expect(Self.decode(bytes, pieces: Array(0..<bytes.count)) == whole, "\(text.debugDescription) byte by byte")
        }
    }

    @Test func sizesHaveAtMostFifteenDigits() {
        #expect(Self.decode("fffffffffffffff\r\nx") == Decoded(body: [0x78]))
        #expect(Self.decode("100000000000000\r\nx") == Decoded(body: [0x78]))
        #expect(Self.decode("0fffffffffffffff\r\nx").refusal == Refusal(400, .badChunk))
    }

    @Test func extensionsAreBounded() {
        var limits = EngineLimits()
        limits.chunkExtension = 8
        #expect(Self.decode("1;234567\r\nx\r\n0\r\n\r\n", limits: limits).body == [0x78])
        #expect(Self.decode("1;2345678\r\nx\r\n0;234567\r\n\r\n", limits: limits).end == 26)
        #expect(Self.decode("1;23456789\r\nx\r\n0\r\n\r\n", limits: limits).refusal == Refusal(400, .chunkExtensionTooLong))
        // Each chunk has its own.
        #expect(Self.decode("1;234567\r\nx\r\n1;234567\r\ny\r\n0;234567\r\n\r\n", limits: limits).body == Array("xy".utf8))
    }

    @Test func trailersAreBoundedTogether() {
        var limits = EngineLimits()
        limits.trailerBytes = 10
        #expect(Self.decode("0\r\nA: bc\r\nD: ef\r\n\r\n", limits: limits).end == 19)
        #expect(Self.decode("0\r\nA: bc\r\nD: efg\r\n\r\n", limits: limits).refusal == Refusal(431, .fieldsTooLarge))
    }
}
