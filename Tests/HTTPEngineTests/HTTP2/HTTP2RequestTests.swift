import Testing

@testable import HTTPEngine

/// RFC 9113 §8: which header blocks are requests.
@Suite struct HTTP2RequestTests {
    private func outcome(_ fields: [(String, String)], hasBody: Bool = false) -> String {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.headers, flags: hasBody ? 4 : 5, stream: 1, HTTP2Trial.block(fields)))
        let frames = trial.frames()
        if let reset = frames.first(where: { $0.kind == .reset }) { return HTTP2ErrorCode(rawValue: reset.number()).map { "\($0)" } ?? "" }
        if frames.contains(where: { $0.kind == .goAway }) { return "goAway" }
        return trial.answer(1, in: frames).status ?? "nothing"
    }

    private static let good = HTTP2Trial.pseudo("/a")

    @Test func aRequestHasItsFour_8_3_1() {
        #expect(outcome(Self.good) == "200")
        for missing in [0, 1, 3] {
            var fields = Self.good
            fields.remove(at: missing)
            #expect(outcome(fields) == "protocolError", "without \(Self.good[missing].0)")
        }
        // The authority may come as Host; one of them must.
        let bare = Self.good.filter { $0.0 != ":authority" }
        #expect(outcome(bare) == "400")
        #expect(outcome(bare + [("host", "a.example")]) == "200")
        #expect(outcome(bare + [("host", "a.example"), ("host", "a.example")]) == "400")
    }

    @Test func eachComesOnce_8_3() {
        for field in Self.good { #expect(outcome([field] + Self.good) == "protocolError", "\(field.0) twice") }
    }

    @Test func pseudoFieldsComeFirst_8_3() {
        #expect(outcome(Array(Self.good[..<3]) + [("accept", "*/*"), Self.good[3]]) == "protocolError")
    }

    @Test func othersAreMalformed_8_3() {
        for field in [(":status", "200"), (":foo", "x"), ("", "x"), ("X-A", "1"), ("a b", "1"), ("x", "a\r\nb"), ("x", " a")] {
            #expect(outcome(Self.good + [field]) == "protocolError", "\(field)")
        }
    }

    @Test func whatBelongsToHTTP1IsMalformed_8_2_2() {
        for field in [
            ("connection", "close"), ("keep-alive", "5"), ("proxy-connection", "x"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"),
            ("te", "gzip"),
        ] {
            #expect(outcome(Self.good + [field]) == "protocolError", "\(field)")
        }
        #expect(outcome(Self.good + [("te", "trailers")]) == "200")
    }

    @Test func pathsBeginWithASlash_8_3_1() {
        #expect(outcome(HTTP2Trial.pseudo("")) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("a")) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("*")) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("http://a.example/")) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("*", method: "OPTIONS")) == "200")
        #expect(outcome(HTTP2Trial.pseudo("/a b")) == "400")
        #expect(outcome(HTTP2Trial.pseudo("/a#b")) == "400")
        #expect(outcome(HTTP2Trial.pseudo("/" + String(repeating: "a", count: 9_000))) == "414")
    }

    @Test func methodsAreTokens_8_3_1() {
        #expect(outcome(HTTP2Trial.pseudo("/", method: "G T")) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("/", method: "")) == "protocolError")
    }

    @Test func schemesAreOurs_8_3_1() {
        var fields = Self.good
        fields[1].1 = "https"
        #expect(outcome(fields) == "200")
        fields[1].1 = "ftp"
        #expect(outcome(fields) == "400")
    }

    @Test func twoHostsAreNone_8_3_1() {
        #expect(outcome(Self.good + [("host", "a.example")]) == "200")
        #expect(outcome(Self.good + [("host", "b.example")]) == "protocolError")
        for host in ["user@a.example", "a b", "[", "a/b", "a:b:c"] {
            var fields = Self.good
            fields[2].1 = host
            #expect(outcome(fields) == "400", "\(host)")
        }
    }

    @Test func connectNamesItsAuthorityOnly_8_5() {
        #expect(outcome([(":method", "CONNECT"), (":authority", "a.example:443")]) == "200")
        #expect(outcome([(":method", "CONNECT"), (":authority", "a.example")]) == "protocolError")
        #expect(outcome([(":method", "CONNECT")]) == "protocolError")
        #expect(outcome([(":method", "CONNECT"), (":authority", "a.example:443"), (":path", "/")]) == "protocolError")
    }

    /// RFC 8441 §4.
    @Test func connectMayNameAProtocol_8441_4() {
        let extended = HTTP2Trial.pseudo("/a", method: "CONNECT") + [(":protocol", "websocket")]
        #expect(outcome(extended) == "200")
        #expect(outcome(extended, hasBody: true) == "200")
        for missing in [":scheme", ":path"] { #expect(outcome(extended.filter { $0.0 != missing }) == "protocolError", "\(missing)") }
        #expect(outcome(extended.filter { $0.0 != ":authority" }) == "400")
        #expect(outcome(extended + [(":protocol", "websocket")]) == "protocolError", "twice")
        #expect(outcome(HTTP2Trial.pseudo("/a") + [(":protocol", "websocket")]) == "protocolError", "of another method")
        #expect(outcome(HTTP2Trial.pseudo("/a", method: "CONNECT") + [(":protocol", "")]) == "protocolError")
        #expect(outcome([("accept", "*/*")] + extended) == "protocolError", "behind other fields")
        // What follows is no content.
        #expect(outcome(extended + [("content-length", "4")], hasBody: true) == "protocolError")
        #expect(outcome(HTTP2Trial.pseudo("/a", method: "CONNECT") + [(":protocol", "connect-udp")]) == "501")
        #expect(outcome(HTTP2Trial.pseudo("/a", method: "CONNECT") + [(":protocol", "WebSocket")]) == "200")
    }

    @Test func crumbsAreOneCookie_8_2_3() {
        let trial = HTTP2Trial()
        var seen: [String?] = []
        for fields in [[], [("cookie", "a=1")], [("cookie", "a=1"), ("accept", "*/*"), ("cookie", "b=2"), ("cookie", "c=3")]] {
            let block = HTTP2Trial.block(HTTP2Trial.pseudo("/") + fields)
            var head = RequestHead()
            let reader = trial.loop.http2.head
            _ = block.withUnsafeBufferPointer {
                reader.read($0, &trial.connection.decoder, into: &head, areTrailers: false, endsStream: true)
            }
            seen.append(head[.cookie].map { String(decoding: $0.bytes(from: UnsafePointer(reader.base)), as: UTF8.self) })
            #expect(!head.isRepeated(.cookie))
            var lines = 0
            head.forEachField(in: UnsafePointer(reader.base)) { _, _ in
                lines += 1
                return true
            }
            #expect(lines == (fields.isEmpty ? 0 : fields.count == 1 ? 1 : 2))
        }
        #expect(seen == [nil, "a=1", "a=1; b=2; c=3"])
    }

    // MARK: 8.1 Framing of a message

    private func upload(_ length: String?, _ pieces: [Int], ends: Bool = true) -> HTTP2Trial {
        let trial = HTTP2Trial()
        trial.request(1, "/echo", method: "POST", length.map { [("content-length", $0)] } ?? [], hasBody: true)
        for (index, piece) in pieces.enumerated() {
            trial.send(HTTP2Trial.data(1, [UInt8](repeating: 0x61, count: piece), ends: ends && index == pieces.count - 1))
        }
        return trial
    }

    @Test func bodiesAreAsLongAsAnnounced_8_1_1() {
        #expect(upload("3", [1, 2]).answer(1).body.count == 3)
        #expect(upload("3", [3, 0]).answer(1).body.count == 3)
        #expect(upload("0", [0]).answer(1).isWhole)
        #expect(upload(nil, [5]).answer(1).body.count == 5)
        for (length, pieces) in [("3", [2]), ("3", [4]), ("3", [1, 1]), ("0", [1]), ("x", [1]), ("-1", [1]), ("3", [])] {
            let trial = upload(length, pieces)
            if pieces.isEmpty { trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 1)) }
            #expect(trial.resetCode(1) == .protocolError, "\(length) \(pieces)")
        }
        #expect(outcome(Self.good + [("content-length", "1")]) == "protocolError")
        #expect(outcome(Self.good + [("content-length", "0")]) == "200")
        #expect(outcome(Self.good + [("content-length", "1"), ("content-length", "1")], hasBody: true) == "protocolError")
    }

    @Test func trailersEndTheRequest_8_1() {
        let trial = upload(nil, [2], ends: false)
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 1, HTTP2Trial.block([("x-checksum", "1")])))
        #expect(trial.answer(1).text == "aa")
        // Without END_STREAM, or with pseudo-fields (§8.1, §8.3).
        for (flags, fields) in [(UInt8(4), [("x", "1")]), (5, [(":path", "/")]), (5, [("connection", "x")])] {
            let trial = upload(nil, [2], ends: false)
            trial.send(HTTP2Trial.frame(.headers, flags: flags, stream: 1, HTTP2Trial.block(fields)))
            #expect(trial.resetCode(1) == .protocolError)
        }
    }

    @Test func anEarlyAnswerAsksForNoMore_8_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/early", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(1, [1]))
        #expect(trial.answer(1).status == "413")
        // A little more is read over, much is not.
        trial.send(HTTP2Trial.data(1, [1]))
        #expect(trial.frames().isEmpty)
        for _ in 0..<8 { trial.send(HTTP2Trial.data(1, [UInt8](repeating: 1, count: 16_384))) }
        #expect(trial.resetCode(1) == .noError)
        trial.request(3, "/early", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(3, [1]) + HTTP2Trial.data(3, [1], ends: true))
        #expect(!trial.frames().contains { $0.kind == .reset })
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func whoExpectsIsToldToContinue_9110_10_1_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/echo", method: "POST", [("expect", "100-continue")], hasBody: true)
        #expect(trial.answer(1).status == "100")
        trial.send(HTTP2Trial.data(1, [0x61], ends: true))
        #expect(trial.answer(1).text == "a")
        trial.request(3, "/echo", method: "POST", [("expect", "wonders")], hasBody: true)
        #expect(trial.answer(3).status == "417")
    }

    @Test func listsOfFieldsHaveBounds_10_5_1() {
        #expect(outcome(Self.good + (0..<101).map { ("x-\($0)", "1") }) == "431")
        #expect(outcome(Self.good + (0..<99).map { ("x-\($0)", "1") }) == "200")
        let trial = HTTP2Trial()
        // Forty kilobytes by name: 4 KB in the table, named again and again.
        let long = String(repeating: "a", count: 4_000)
        var block = HTTP2Trial.block(HTTP2Trial.pseudo("/"))
        block += [0x40, 1, 0x78]
        HPACKEncoder.append(integer: long.utf8.count, prefix: 7, pattern: 0, to: &block)
        block += long.utf8
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 1, block + [UInt8](repeating: 0xbe, count: 10_000)))
        #expect(trial.answer(1).status == "431")
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 3, HTTP2Trial.block(HTTP2Trial.pseudo("/hello")) + [0xbe]))
        #expect(trial.answer(3).text == "hello")
    }
}
