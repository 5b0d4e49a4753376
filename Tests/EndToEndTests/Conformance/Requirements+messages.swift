/// RFC 9113 §8: requests.
extension Requirement {
    private static func malformed(_ section: String, _ words: String, _ block: [UInt8]) -> Requirement {
        Requirement(section, words, Wire.headers(1, block), .streamError(1, .protocolError))
    }

    private static func pseudo(without name: String) -> [UInt8] {
        [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "shop.test")].filter { $0.0 != name }.flatMap {
            Wire.literal($0.0, $0.1)
        }
    }

    static let messages: [Requirement] = [
        Requirement(
            "8.1", "trailers end the request", Wire.post(1) + Wire.data(1, 1, ends: false) + Wire.headers(1, Wire.literal("x", "y")),
            .answer(1, 200)),
        Requirement(
            "8.1", "HEADERS that do not end the request are no trailers",
            Wire.post(1) + Wire.data(1, 1, ends: false) + Wire.headers(1, Wire.literal("x", "y"), ends: false),
            .streamError(1, .protocolError)),
        Requirement(
            "8.1", "trailers have no pseudo-fields", Wire.post(1) + Wire.headers(1, Wire.literal(":path", "/")),
            .streamError(1, .protocolError)),
        Requirement(
            "8.1.1", "less than was announced is malformed", Wire.post(1, Wire.literal("content-length", "3")) + Wire.data(1, 2),
            .streamError(1, .protocolError)),
        Requirement(
            "8.1.1", "more than was announced is malformed", Wire.post(1, Wire.literal("content-length", "3")) + Wire.data(1, 4),
            .streamError(1, .protocolError)),
        Requirement(
            "8.1.1", "what was announced may come in pieces",
            Wire.post(1, Wire.literal("content-length", "3")) + Wire.data(1, 2, ends: false) + Wire.data(1, 1), .answer(1, 200)),
        Requirement(
            "8.1.1", "what is announced and does not come is malformed", Wire.get(1, "/", Wire.literal("content-length", "3")),
            .streamError(1, .protocolError)),
        malformed("8.2.1", "names are in lower case", Wire.pseudo() + Wire.literal("X-Up", "y")),
        malformed("8.2.1", "names have no colon", Wire.pseudo() + Wire.literal("x:y", "z")),
        malformed("8.2.1", "names have no space", Wire.pseudo() + Wire.literal("x y", "z")),
        malformed("8.2.1", "names have no control characters", Wire.pseudo() + Wire.literal("x\u{7f}", "z")),
        malformed("8.2.1", "names are not empty", Wire.pseudo() + Wire.literal("", "z")),
        malformed("8.2.1", "values have no NUL", Wire.pseudo() + Wire.literal("x", bytes: [0x61, 0])),
        malformed("8.2.1", "values have no CR", Wire.pseudo() + Wire.literal("x", bytes: [0x61, 0x0d, 0x62])),
        malformed("8.2.1", "values have no LF", Wire.pseudo() + Wire.literal("x", bytes: [0x61, 0x0a, 0x62])),
        malformed("8.2.1", "values do not begin with a space", Wire.pseudo() + Wire.literal("x", " y")),
        malformed("8.2.1", "values do not end with a tab", Wire.pseudo() + Wire.literal("x", "y\t")),
        malformed("8.2.2", "connection is none of HTTP/2", Wire.pseudo() + Wire.literal("connection", "close")),
        malformed("8.2.2", "keep-alive is none of HTTP/2", Wire.pseudo() + Wire.literal("keep-alive", "5")),
        malformed("8.2.2", "proxy-connection is none of HTTP/2", Wire.pseudo() + Wire.literal("proxy-connection", "close")),
        malformed("8.2.2", "transfer-encoding is none of HTTP/2", Wire.pseudo() + Wire.literal("transfer-encoding", "chunked")),
        malformed("8.2.2", "upgrade is none of HTTP/2", Wire.pseudo() + Wire.literal("upgrade", "websocket")),
        malformed("8.2.2", "te says trailers or nothing", Wire.pseudo() + Wire.literal("te", "gzip")),
        Requirement("8.2.2", "te: trailers is taken", Wire.get(1, "/", Wire.literal("te", "trailers")), .answer(1, 200)),
        Requirement(
            "8.2.3", "a cookie may come in crumbs", Wire.get(1, "/", Wire.literal("cookie", "a=1") + Wire.literal("cookie", "b=2")),
            .answer(1, 200)),
        malformed("8.3", "unknown pseudo-fields are malformed", Wire.pseudo() + Wire.literal(":x", "y")),
        malformed("8.3", "those of responses are malformed", Wire.pseudo() + Wire.literal(":status", "200")),
        malformed("8.3", "pseudo-fields come first", pseudo(without: ":path") + Wire.literal("x", "y") + Wire.literal(":path", "/")),
        malformed("8.3", "each comes once", Wire.pseudo() + Wire.literal(":path", "/")),
        malformed("8.3.1", "a request has a method", pseudo(without: ":method")),
        malformed("8.3.1", "a request has a scheme", pseudo(without: ":scheme")),
        malformed("8.3.1", "a request has a path", pseudo(without: ":path")),
        malformed("8.3.1", "a path is not empty", pseudo(without: ":path") + Wire.literal(":path", "")),
        malformed("8.3.1", "a path begins with a slash", pseudo(without: ":path") + Wire.literal(":path", "index.html")),
        malformed("8.3.1", "host and :authority agree", Wire.pseudo() + Wire.literal("host", "other.test")),
        Requirement(
            "8.3.1", "host stands in for :authority", Wire.headers(1, pseudo(without: ":authority") + Wire.literal("host", "shop.test")),
            .answer(1, 200)),
        malformed("8.5", "CONNECT has no path", Wire.pseudo("CONNECT")),
        Requirement(
            "8.1", "HEAD has no body", Wire.headers(1, Wire.pseudo("HEAD")),
            .check { peer in
                peer.readAll()
                let all = peer.frames.filter { $0.stream == 1 }
                return all.count == 1 && all[0].status == 200 && all[0].endsStream ? nil : "\(all)"
            }),
        Requirement(
            "10.5.1", "too many fields are told so",
            Wire.frame(.headers, 1, 1, Wire.pseudo())
                + (0..<8).flatMap { index in
                    Wire.frame(.continuation, index == 7 ? 4 : 0, 1, (0..<20).flatMap { Wire.literal("x-\(index)-\($0)", "y") })
                }, .answer(1, 431)),
    ]
}

/// RFC 7541.
extension Requirement {
    private static func undecodable(_ section: String, _ words: String, _ block: [UInt8]) -> Requirement {
        Requirement("7541 \(section)", words, Wire.headers(1, Wire.pseudo() + block), .connectionError(.compressionError))
    }

    /// `:method GET`, `:scheme https`, and what follows for the path.
    private static func request(_ path: [UInt8]) -> [UInt8] { [0x82, 0x87] + path + Wire.authority }

    static let compression: [Requirement] = [
        Requirement(
            "7541 2.3.2", "fields that are indexed are known to the next request",  // /two is there, other paths are not.
            Wire.headers(1, request([0x44, 4] + Array("/two".utf8))) + Wire.headers(3, request([0xbe])), .answer(3, 200)),
        Requirement(
            "7541 2.3.2", "the table is the connection's, also of requests that are refused",
            Wire.headers(1, request([0x44, 4] + Array("/two".utf8)) + Wire.literal("X", "y")) + Wire.headers(3, request([0xbe])),
            .answer(3, 200)),
        undecodable("2.3.3", "an index beyond both tables", [0xc6]),
        undecodable("2.3.3", "a name's index beyond both tables", [0x7f, 0x07, 1, 0x61]),
        undecodable("4.2", "a size of the table behind a field", [0x20]),
        Requirement("7541 4.2", "a size of the table stands first", Wire.headers(1, [0x20] + Wire.pseudo()), .answer(1, 200)),
        Requirement(
            "7541 4.3", "a table of size 0 forgets",
            Wire.headers(1, request([0x44, 4] + Array("/two".utf8))) + Wire.headers(3, [0x20] + request([0xbe])),
            .connectionError(.compressionError)),
        undecodable("5.1", "an integer without an end", [0x7f] + [UInt8](repeating: 0xff, count: 12)),
        undecodable("5.2", "a string longer than its block", [0, 1, 0x61, 100, 0x62]),
        undecodable("5.2", "Huffman padding of a byte and more", [0, 1, 0x61, 0x82, 0x1f, 0xff]),
        undecodable("5.2", "Huffman padding that is no ones", [0, 1, 0x61, 0x81, 0x18]),
        undecodable("5.2", "the end-of-string symbol within a string", [0, 1, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]),
        Requirement(
            "7541 5.2", "strings may be in Huffman's code",  // /two as 011000 01001 1111000 00111 and a one.
            Wire.headers(1, request([0x04, 0x83, 0x61, 0x3e, 0x0f])), .answer(1, 200)),
        undecodable("6.1", "an index of 0", [0x80]),
        Requirement("7541 6.2.1", "a literal with indexing", Wire.headers(1, request([0x44, 4] + Array("/two".utf8))), .answer(1, 200)),
        Requirement("7541 6.2.2", "a literal without indexing", Wire.headers(1, request([0x04, 4] + Array("/two".utf8))), .answer(1, 200)),
        Requirement(
            "7541 6.2.2", "what is not indexed is not known later",
            Wire.headers(1, request([0x04, 4] + Array("/two".utf8))) + Wire.headers(3, request([0xbe])), .connectionError(.compressionError)
        ),
        Requirement(
            "7541 6.2.3", "a literal that is never indexed", Wire.headers(1, request([0x14, 4] + Array("/two".utf8))), .answer(1, 200)),
        Requirement(
            "7541 6.3", "a size above the server's setting", Wire.headers(1, [0x3f, 0xe2, 0x7f] + Wire.pseudo()),
            .connectionError(.compressionError)),
        Requirement("7541 6.3", "sizes below it are taken", Wire.headers(1, [0x3f, 0x01] + Wire.pseudo()), .answer(1, 200)),
    ]
}
