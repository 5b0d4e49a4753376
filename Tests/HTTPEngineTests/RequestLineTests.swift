import Testing

@testable import HTTPEngine

/// RFC 9112 §2.2, §2.3, §3.
@Suite struct RequestLineTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var text: String
        var status: UInt16
        var reason: Refusal.Reason
        init(_ text: String, _ status: UInt16, _ reason: Refusal.Reason) { (self.text, self.status, self.reason) = (text, status, reason) }
        var testDescription: String { text.debugDescription }
    }

    struct Accepted: Sendable, CustomTestStringConvertible {
        var line: String
        var target: String
        var authority: String
        init(_ line: String, _ target: String, _ authority: String) { (self.line, self.target, self.authority) = (line, target, authority) }
        var testDescription: String { line.debugDescription }
    }

    @Test(arguments: [
        Accepted("GET / HTTP/1.1", "/", "h"),
        Accepted("GET /a/b?c=d&e HTTP/1.1", "/a/b?c=d&e", "h"),
        Accepted("GET /a%20b:@!$'()*+,;=~ HTTP/1.1", "/a%20b:@!$'()*+,;=~", "h"),
        Accepted("GET //a HTTP/1.1", "//a", "h"),
        // §3.2.2: a server MUST accept the absolute-form, and its authority replaces Host.
        Accepted("GET http://a.example/p?q HTTP/1.1", "/p?q", "a.example"),
        Accepted("GET HTTPS://a.example:8443/ HTTP/1.1", "/", "a.example:8443"),
        Accepted("GET http://[2001:db8::1]:80/x HTTP/1.1", "/x", "[2001:db8::1]:80"),
        // RFC 9110 §4.2.3: an empty path is the path "/".
        Accepted("GET http://a.example HTTP/1.1", "/", "a.example"),
        // §3.2.4
        Accepted("OPTIONS * HTTP/1.1", "*", "h"),
        // §3.2.3
        Accepted("CONNECT a.example:443 HTTP/1.1", "a.example:443", "h"),
        // RFC 9110 §9.1: unknown methods are tokens like others; the route decides.
        Accepted("M-SEARCH /x HTTP/1.1", "/x", "h"),
        Accepted("get /x HTTP/1.1", "/x", "h"),
    ])
    func targetFormsAreTakenApart(_ row: Accepted) throws {
        let result = ParseResult("\(row.line)\r\nHost: h\r\n\r\n")
        let head = try #require(result.head, "\(result.outcome)")
        #expect(head.target == row.target)
        #expect(head.authority == row.authority)
        #expect(head.method == row.line.prefix { $0 != " " })
    }

    @Test(arguments: [
        // §3: method SP request-target SP HTTP-version CRLF, single spaces only.
        Refused("GET  / HTTP/1.1", 400, .badTarget), Refused("GET /  HTTP/1.1", 400, .badVersion),
        Refused("GET\t/ HTTP/1.1", 400, .badRequestLine), Refused("GET /\tHTTP/1.1", 400, .badTarget),
        Refused(" GET / HTTP/1.1", 400, .badRequestLine), Refused("GET / HTTP/1.1 ", 400, .badRequestLine),
        Refused("GET /\u{b}HTTP/1.1", 400, .badTarget), Refused("GET / x HTTP/1.1", 400, .badVersion),
        Refused("GET", 400, .badRequestLine), Refused("GET /", 400, .badTarget), Refused("GET / ", 400, .badVersion),
        // §3.1: the method is a token.
        Refused("G@T / HTTP/1.1", 400, .badRequestLine), Refused("GET: / HTTP/1.1", 400, .badRequestLine),
        Refused("G\u{e9}T / HTTP/1.1", 400, .badRequestLine), Refused("\"GET\" / HTTP/1.1", 400, .badRequestLine),
        Refused("G\0T / HTTP/1.1", 400, .badRequestLine), Refused("(GET) / HTTP/1.1", 400, .badRequestLine),
        // §3.2: the target has no controls, no fragment, no raw delimiters, nothing but ASCII.
        Refused("GET /a\0b HTTP/1.1", 400, .badTarget), Refused("GET /a\u{7f} HTTP/1.1", 400, .badTarget),
        Refused("GET /a#b HTTP/1.1", 400, .badTarget), Refused("GET /\u{e9} HTTP/1.1", 400, .badTarget),
        Refused("GET /a\\b HTTP/1.1", 400, .badTarget), Refused("GET /<a> HTTP/1.1", 400, .badTarget),
        Refused("GET /a\rb HTTP/1.1", 400, .badTarget), Refused("GET /a\nb HTTP/1.1", 400, .badTarget),
        Refused("GET a HTTP/1.1", 400, .badTarget), Refused("GET ?a HTTP/1.1", 400, .badTarget),
        Refused("GET example.com/a HTTP/1.1", 400, .badTarget), Refused("GET ftp://a.example/ HTTP/1.1", 400, .badTarget),
        Refused("GET http:/a HTTP/1.1", 400, .badTarget), Refused("GET http:///a HTTP/1.1", 400, .badTarget),
        Refused("GET http://?a HTTP/1.1", 400, .badTarget),
        // RFC 9110 §4.2.4: user information in a target is an attempt to mislead.
        Refused("GET http://user@a.example/ HTTP/1.1", 400, .badHost),
        Refused("GET http://a:b@c.example/ HTTP/1.1", 400, .badHost),
        Refused("GET http://a.example:x/ HTTP/1.1", 400, .badHost),
        // §3.2.4: only for OPTIONS; RFC 9110 §9.1: methods are case-sensitive.
        Refused("GET * HTTP/1.1", 400, .badTarget), Refused("options * HTTP/1.1", 400, .badTarget),
        Refused("OPTIONS ** HTTP/1.1", 400, .badTarget),
        // §3.2.3: host and port, for CONNECT alone.
        Refused("GET a.example:443 HTTP/1.1", 400, .badTarget), Refused("connect a.example:443 HTTP/1.1", 400, .badTarget),
        Refused("CONNECT /x HTTP/1.1", 400, .badTarget), Refused("CONNECT a.example HTTP/1.1", 400, .badTarget),
        Refused("CONNECT a.example: HTTP/1.1", 400, .badTarget), Refused("CONNECT :443 HTTP/1.1", 400, .badTarget),
        Refused("CONNECT http://a.example:443/ HTTP/1.1", 400, .badTarget),
        // §2.3: HTTP-name is case-sensitive; one digit each; a major version other than ours is 505.
        Refused("GET / HTTP/2.0", 505, .badVersion), Refused("GET / HTTP/0.9", 505, .badVersion),
        Refused("GET / HTTP/3.1", 505, .badVersion),
        Refused("GET / http/1.1", 400, .badVersion), Refused("GET / Http/1.1", 400, .badVersion), Refused("GET / HTTP/1", 400, .badVersion),
        Refused("GET / HTTP/1.", 400, .badVersion), Refused("GET / HTTP/11", 400, .badVersion), Refused("GET / HTTP/1,1", 400, .badVersion),
        Refused("GET / HTTP/1.10", 400, .badRequestLine), Refused("GET / HTTP/01.1", 400, .badVersion),
        Refused("GET / HTTP/x.1", 400, .badVersion), Refused("GET / HTTP 1.1", 400, .badVersion),
        Refused("GET / XTTP/1.1", 400, .badVersion),
        Refused("GET / HTTP/1.1x", 400, .badRequestLine), Refused("PRI * HTTP/2.0", 505, .badVersion),
    ])
    func badRequestLinesAreRefused(_ row: Refused) {
        let result = ParseResult("\(row.text)\r\nHost: h\r\n\r\n")
        #expect(result.refusal == Refusal(row.status, row.reason), "\(result.outcome)")
    }

    @Test func minorVersionsOfOneAreServed() {
        #expect(ParseResult("GET / HTTP/1.0\r\n\r\n").head?.minorVersion == 0)
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head?.minorVersion == 1)
        // RFC 9110 §2.5: a higher minor version is to be treated as the highest we know.
        #expect(ParseResult("GET / HTTP/1.2\r\nHost: h\r\n\r\n").head?.minorVersion == 1)
        #expect(ParseResult("GET / HTTP/1.9\r\nHost: h\r\n\r\n").head?.keepsAlive == true)
    }

    @Test func oneEmptyLineMayComeBefore() {
        let plain = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(ParseResult("\r\n" + plain).outcome == .complete(plain.utf8.count + 2))
        #expect(ParseResult("\r\n" + plain).head == ParseResult(plain).head)
        #expect(ParseResult("\r\n\r\n" + plain).refusal == Refusal(400, .badRequestLine))
        #expect(ParseResult("\n" + plain).refusal == Refusal(400, .badRequestLine))
        #expect(ParseResult("\r" + plain).refusal == Refusal(400, .badRequestLine))
    }

    @Test func lineEndsAreCRLFAndNothingElse() {
        #expect(ParseResult("GET / HTTP/1.1\nHost: h\r\n\r\n").refusal == Refusal(400, .bareLineFeed))
        #expect(ParseResult("GET / HTTP/1.1\rHost: h\r\n\r\n").refusal == Refusal(400, .badRequestLine))
        #expect(ParseResult("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n").refusal == Refusal(400, .badRequestLine))
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: h\n\r\n").refusal == Refusal(400, .bareLineFeed))
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: h\r\r\n\r\n").refusal == Refusal(400, .badFieldValue))
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: h\r\n\n").refusal == Refusal(400, .bareLineFeed))
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: h\r\n\rX").refusal == Refusal(400, .badFieldName))
    }

    @Test func everyPrefixOfAHeadIsIncomplete() {
        let whole = Array("GET http://a.example/p HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nCookie: a=b \r\n\r\n".utf8)
        for count in 0..<whole.count { #expect(ParseResult(Array(whole[..<count])).outcome == .incomplete, "\(count) bytes") }
        #expect(ParseResult(whole).outcome == .complete(whole.count))
        // What follows is not looked at.
        #expect(ParseResult(whole + [0, 1, 2]).outcome == .complete(whole.count))
    }

    @Test func theMethodIsKnownByItsExactName() {
        func method(_ line: String) -> RequestHead.Method {
            var head = RequestHead()
            let bytes = OwnedBytes(Array("\(line) / HTTP/1.0\r\n\r\n".utf8))
            _ = RequestHeadParser.parse(bytes.base, count: bytes.count, limits: EngineLimits(), into: &head)
            return head.method
        }
        #expect(method("GET") == .get)
        #expect(method("HEAD") == .head)
        for other in ["get", "Head", "GETS", "GE", "HEA", "POST", "OPTIONS"] { #expect(method(other) == .other, "\(other)") }
    }

    /// A refusal is answered by the method of the request refused, not by the one before it.
    @Test func aLineWithoutMethodIsNotTheLastRequestsHead() {
        var head = RequestHead()
        let first = OwnedBytes(Array("HEAD / HTTP/1.0\r\n\r\n".utf8))
        _ = RequestHeadParser.parse(first.base, count: first.count, limits: EngineLimits(), into: &head)
        let second = OwnedBytes(Array("@ / HTTP/1.0\r\n\r\n".utf8))
        _ = RequestHeadParser.parse(second.base, count: second.count, limits: EngineLimits(), into: &head)
        #expect(head.method == .other)
    }
}
