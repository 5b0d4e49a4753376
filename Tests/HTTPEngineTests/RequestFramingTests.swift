import Testing

@testable import HTTPEngine

/// RFC 9112 §3.2 (Host), §6 (length), §9.3 (persistence); RFC 9110 §10.1.1 (Expect).
@Suite struct RequestFramingTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var lines: String
        var status: UInt16
        var reason: Refusal.Reason
        var version: String
        init(_ lines: String, _ status: UInt16, _ reason: Refusal.Reason, version: String = "1.1") {
            (self.lines, self.status, self.reason, self.version) = (lines, status, reason, version)
        }
        var testDescription: String { lines.debugDescription }
    }

    @Test(arguments: [
        // §3.2: a request of 1.1 without Host, with more than one, or with an invalid one MUST be answered 400.
        Refused("", 400, .missingHost), Refused("Hosts: h\r\n", 400, .missingHost), Refused("", 400, .missingHost, version: "1.2"),
        Refused("Host: h\r\nHost: h\r\n", 400, .repeatedHost), Refused("Host: h\r\nHOST: g\r\n", 400, .repeatedHost),
        Refused("Host: h\r\nHost: g\r\n", 400, .repeatedHost, version: "1.0"),
        Refused("Host:\r\n", 400, .badHost), Refused("Host: \t \r\n", 400, .badHost), Refused("Host: a b\r\n", 400, .badHost),
        Refused("Host: a,b@c\r\n", 400, .badHost), Refused("Host: a/b\r\n", 400, .badHost), Refused("Host: http://a\r\n", 400, .badHost),
        Refused("Host: a?b\r\n", 400, .badHost), Refused("Host: a#b\r\n", 400, .badHost), Refused("Host: a\\b\r\n", 400, .badHost),
        Refused("Host: \u{e9}\r\n", 400, .badHost), Refused("Host: a\tb\r\n", 400, .badHost), Refused("Host: \"a\"\r\n", 400, .badHost),
        Refused("Host: a|b\r\n", 400, .badHost), Refused("Host: a b\r\n", 400, .badHost, version: "1.0"),
        // RFC 3986 §3.2.2, §3.2.3.
        Refused("Host: :80\r\n", 400, .badHost), Refused("Host: a:b\r\n", 400, .badHost), Refused("Host: a:80:80\r\n", 400, .badHost),
        Refused("Host: ::1\r\n", 400, .badHost), Refused("Host: [::1\r\n", 400, .badHost), Refused("Host: ::1]\r\n", 400, .badHost),
        Refused("Host: [::1]x\r\n", 400, .badHost), Refused("Host: [::1]:x\r\n", 400, .badHost), Refused("Host: a[::1]\r\n", 400, .badHost),
        Refused("Host: []\r\n", 400, .badHost), Refused("Host: [a.example]\r\n", 400, .badHost), Refused("Host: a%2\r\n", 400, .badHost),
        Refused("Host: a%zzb\r\n", 400, .badHost), Refused("Host: a:-1\r\n", 400, .badHost), Refused("Host: a:+80\r\n", 400, .badHost),
        Refused("Host: a:123456\r\n", 400, .badHost),
    ])
    func badHostsAreRefused(_ row: Refused) {
        let result = ParseResult("GET / HTTP/\(row.version)\r\n\(row.lines)\r\n")
        #expect(result.refusal == Refusal(row.status, row.reason), "\(result.outcome)")
    }

    @Test(arguments: [
        "a", "a.example", "A.Example.", "a.example:80", "a.example:", "127.0.0.1:65535", "[::1]", "[2001:db8::1]:8080", "[::ffff:1.2.3.4]",
        "a_b",
        "xn--bcher-kva.example", "a%2db", "a-b~c!d", "a%2Db:1",
    ])
    func goodHostsAreTheAuthority(_ host: String) {
        #expect(ParseResult("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").head?.authority == host)
    }

    @Test func onlyHTTP10MayLeaveHostOut() {
        #expect(ParseResult("GET / HTTP/1.0\r\n\r\n").head?.authority == "")
        #expect(ParseResult("GET http://a.example/ HTTP/1.0\r\n\r\n").head?.authority == "a.example")
        // §3.2.2: with an absolute-form target 1.1 still needs Host, whatever it says.
        #expect(ParseResult("GET http://a.example/ HTTP/1.1\r\n\r\n").refusal == Refusal(400, .missingHost))
        #expect(ParseResult("GET http://a.example/ HTTP/1.1\r\nHost: b\r\n\r\n").head?.authority == "a.example")
        #expect(ParseResult("GET http://a.example/ HTTP/1.1\r\nHost: b c\r\n\r\n").refusal == Refusal(400, .badHost))
        // RFC 9110 §4.2.4, where no Host makes anybody look at the authority.
        #expect(ParseResult("GET http://u@a.example/ HTTP/1.0\r\n\r\n").refusal == Refusal(400, .badHost))
    }

    @Test(arguments: [
        // §6.1, §6.3: both is an attempt to smuggle.
        Refused("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, .lengthAndCoding),
        Refused("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, .lengthAndCoding),
        Refused("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400, .lengthAndCoding),
        Refused("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", 400, .lengthAndCoding),
        Refused("Content-Length: 5\r\nTransfer-Encoding:\r\n", 400, .lengthAndCoding),
        // §6.1: in 1.0 the framing is faulty.
        Refused("Transfer-Encoding: chunked\r\n", 400, .codingInHTTP10, version: "1.0"),
        // §6.3: chunked is not final: 400.
        Refused("Transfer-Encoding: chunked, gzip\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunked, identity\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: gzip\r\n", 400, .codingNotFinal), Refused("Transfer-Encoding: identity\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding:\r\n", 400, .codingNotFinal), Refused("Transfer-Encoding: xchunked\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunkedx\r\n", 400, .codingNotFinal), Refused("Transfer-Encoding: chunk\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: \"chunked\"\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: 'chunked'\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: , chunked ,\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunked;q=1\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunked chunked\r\n", 400, .codingNotFinal),
        // §7.1: chunked once and no more; other lists that a proxy may read otherwise.
        Refused("Transfer-Encoding: chunked, chunked\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: gzip, chunked, chunked\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 400, .codingNotFinal),
        Refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400, .codingNotFinal),
        // §6.1: a coding before chunked that is not understood.
        Refused("Transfer-Encoding: gzip, chunked\r\n", 501, .unknownCoding),
        Refused("Transfer-Encoding: foo , CHUNKED\r\n", 501, .unknownCoding),
        // RFC 9110 §8.6: 1*DIGIT.
        Refused("Content-Length: +5\r\n", 400, .badContentLength), Refused("Content-Length: -5\r\n", 400, .badContentLength),
        Refused("Content-Length: 0x5\r\n", 400, .badContentLength), Refused("Content-Length: 5 5\r\n", 400, .badContentLength),
        Refused("Content-Length: 5,5\r\n", 400, .badContentLength), Refused("Content-Length:  5, 5\r\n", 400, .badContentLength),
        Refused("Content-Length: 5,\r\n", 400, .badContentLength), Refused("Content-Length:\r\n", 400, .badContentLength),
        Refused("Content-Length: 5.0\r\n", 400, .badContentLength), Refused("Content-Length: 1e3\r\n", 400, .badContentLength),
        Refused("Content-Length: \u{b2}\r\n", 400, .badContentLength), Refused("Content-Length: five\r\n", 400, .badContentLength),
        Refused("Content-Length: 5;\r\n", 400, .badContentLength), Refused("Content-Length: 1_000\r\n", 400, .badContentLength),
        Refused("Content-Length: 1000000000000000000\r\n", 400, .badContentLength),
        Refused("Content-Length: 18446744073709551621\r\n", 400, .badContentLength),
        // §6.3: differing lengths; the same twice buys nothing either.
        Refused("Content-Length: 5\r\nContent-Length: 6\r\n", 400, .repeatedContentLength),
        Refused("Content-Length: 5\r\nContent-Length: 5\r\n", 400, .repeatedContentLength),
        Refused("Content-Length: 5\r\ncontent-length: 5\r\n", 400, .repeatedContentLength),
        Refused("Content-Length: +5\r\n", 400, .badContentLength, version: "1.0"),
        // RFC 9110 §10.1.1
        Refused("Expect: 200-ok\r\n", 417, .unknownExpectation), Refused("Expect: 100-continue, x\r\n", 417, .unknownExpectation),
        Refused("Expect:\r\n", 417, .unknownExpectation), Refused("Expect: 100-continue\r\nExpect: x\r\n", 417, .unknownExpectation),
    ])
    func badFramingIsRefused(_ row: Refused) {
        let result = ParseResult("POST / HTTP/\(row.version)\r\nHost: h\r\n\(row.lines)\r\n")
        #expect(result.refusal == Refusal(row.status, row.reason), "\(result.outcome)")
    }

    @Test func goodFramingIsFound() {
        func framing(_ lines: String...) -> RequestHead.Framing? {
            ParseResult("POST / HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").head?.framing
        }
        #expect(framing() == RequestHead.Framing.none)
        #expect(framing("Content-Length: 0") == RequestHead.Framing.none)
        #expect(framing("Content-Length: 00000") == RequestHead.Framing.none)
        #expect(framing("Content-Length: 5") == .length(5))
        #expect(framing("content-length:\t007 ") == .length(7))
        #expect(framing("Content-Length: 999999999999999999") == .length(999_999_999_999_999_999))
        #expect(framing("Transfer-Encoding: chunked") == .chunked)
        #expect(framing("transfer-encoding:ChUnKeD \t") == .chunked)
    }

    @Test func persistenceFollowsVersionAndConnection() {
        func keeps(_ version: String, _ lines: String...) -> Bool? {
            ParseResult("GET / HTTP/\(version)\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").head?.keepsAlive
        }
        #expect(keeps("1.1") == true)
        #expect(keeps("1.0") == false)
        #expect(keeps("1.1", "Connection: close") == false)
        #expect(keeps("1.1", "Connection: CLOSE") == false)
        #expect(keeps("1.1", "Connection: x ,\tclose,, y") == false)
        #expect(keeps("1.1", "Connection: x", "Connection: close") == false)
        #expect(keeps("1.1", "Connection: keep-alive, close") == false)
        #expect(keeps("1.1", "Connection: closed") == true)
        #expect(keeps("1.1", "Connection: x-close") == true)
        #expect(keeps("1.1", "Connection:") == true)
        #expect(keeps("1.0", "Connection: keep-alive") == true)
        #expect(keeps("1.0", "Connection: x, Keep-Alive") == true)
        #expect(keeps("1.0", "Connection: keep-alive", "Connection: close") == false)
        #expect(keeps("1.0", "Connection: keepalive") == false)
        #expect(keeps("1.1", "Proxy-Connection: close") == true)
    }

    @Test func onlyAComingBodyIsExpected() {
        func expects(_ version: String, _ lines: String...) -> Bool? {
            ParseResult("POST / HTTP/\(version)\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").head?.expectsContinue
        }
        #expect(expects("1.1", "Expect: 100-continue", "Content-Length: 5") == true)
        #expect(expects("1.1", "Expect: 100-Continue", "Transfer-Encoding: chunked") == true)
        #expect(expects("1.1", "Expect: 100-continue") == false)
        #expect(expects("1.1", "Expect: 100-continue", "Content-Length: 0") == false)
        // RFC 9110 §10.1.1: MUST be ignored in 1.0.
        #expect(expects("1.0", "Expect: 100-continue", "Content-Length: 5") == false)
        #expect(expects("1.1", "Content-Length: 5") == false)
    }
}
