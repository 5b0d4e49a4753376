import Model
import Testing

@testable import Serving

/// Answers to ranges (RFC 9110 §14, §15.3.7).
@Suite struct RangeAnswerTests {
    private static let text = "0123456789abcdefghijklmnopqrstuvwxyz"
    private static let file = TestFile("file.txt", text, encoded: [.brotli: "ENCODED-BR", .gzip: "ENCODED-GZIP"])

    private func answer(_ fields: [String], method: String = "GET", _ target: String = "/file.txt") throws -> Answer {
        try #require(try TestSite([Self.file, TestFile("404.html", "not here, sorry")]).ask(target, fields, method: method).answer)
    }

    @Test func onePartIsSentAlone() throws {
        let answer = try answer(["Range: bytes=10-13"])
        #expect(answer.status == 206)
        #expect(answer.text == "abcd")
        #expect(answer["Content-Range"] == "bytes 10-13/36")
        #expect(answer["ETag"] == tag(Self.text))
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer["Cache-Control"] == "no-cache")
        #expect(answer["Accept-Ranges"] == "bytes")
        #expect(!answer.mayBePrepared)
    }

    @Test func rangesAreOfIdentityWhateverEncodingIsAccepted() throws {
        let answer = try answer(["Range: bytes=0-3", "Accept-Encoding: br"])
        #expect(answer.text == "0123")
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer["Vary"] == "X-Deployment-Id, Accept-Encoding")
    }

    @Test(arguments: [["Range: bytes=0-1,-2,10-12"], ["Range: bytes=0-1", "Range: -2", "Range: 10-12"]])
    func severalPartsComeBackAsTheyWereAskedFor(fields: [String]) throws {
        let answer = try answer(fields)
        #expect(answer.status == 206)
        #expect(answer["Content-Range"] == nil)
        let parts = try #require(Multipart.parse(answer))
        #expect(parts.map(\.body) == ["01", "yz", "abc"])
        #expect(parts.map(\.range) == ["bytes 0-1/36", "bytes 34-35/36", "bytes 10-12/36"])
        #expect(parts.allSatisfy { $0.type == "text/plain; charset=utf-8" })
    }

    @Test func partsOfALargeFileComeBackToo() throws {
        let large = String((0..<100_000).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
        let answer = try #require(
            try TestSite([TestFile("large.txt", large)]).ask("/large.txt", ["Range: bytes=0-25,99990-,50000-50009"]).answer)
        let expected = [0..<26, 99_990..<100_000, 50_000..<50_010].map { String(decoding: Array(large.utf8)[$0], as: UTF8.self) }
        #expect(Multipart.parse(answer)?.map(\.body) == expected)
    }

    @Test func whatLiesOutsideIsUnsatisfiable() throws {
        let answer = try answer(["Range: bytes=36-"])
        #expect(answer.status == 416)
        #expect(answer["Content-Range"] == "bytes */36")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer["ETag"] == nil)
    }

    @Test func malformedRangesAndOtherMethodsGetTheWhole() throws {
        #expect(try answer(["Range: bytes=x"]).status == 200)
        #expect(try answer(["Range: bytes=0-1"], method: "HEAD").status == 200)
    }

    @Test func aMissingPageIsNeverAPart() throws {
        let answer = try answer(["Range: bytes=0-1"], "/missing.txt")
        #expect(answer.status == 404)
        #expect(answer.text == "not here, sorry")
    }

    // MARK: If-Range

    @Test func aTagResumesTheRepresentationItNames() throws {
        for (content, coding) in [(Self.text, nil), ("ENCODED-BR", "br"), ("ENCODED-GZIP", "gzip")] as [(String, String?)] {
            let answer = try answer(["Range: bytes=2-", "If-Range: \(tag(content))", "Accept-Encoding: br"])
            #expect(answer.status == 206)
            #expect(answer.text == String(content.dropFirst(2)))
            #expect(answer["Content-Encoding"] == coding)
            #expect(answer["ETag"] == tag(content))
            #expect(answer["Content-Range"] == "bytes 2-\(content.utf8.count - 1)/\(content.utf8.count)")
        }
    }

    @Test(arguments: [
        "\"other\"", "W/" + tag(text), "Sun, 06 Nov 1994 08:49:37 GMT", "*", "", tag("ENCODED-BR") + ", " + tag("ENCODED-GZIP"),
    ])
    func anythingElseGetsTheWholeAsNow(value: String) throws {
        let answer = try answer(["Range: bytes=2-", "If-Range: \(value)", "Accept-Encoding: gzip"])
        #expect(answer.status == 200)
        #expect(answer.text == "ENCODED-GZIP")
        #expect(answer["Content-Range"] == nil)
    }

    @Test func conditionsComeBeforeRanges() throws {
        #expect(try answer(["Range: bytes=0-1", "If-None-Match: \(tag(Self.text))"]).status == 304)
        #expect(try answer(["Range: bytes=0-1", "If-Match: \"x\""]).status == 412)
        #expect(try answer(["Range: bytes=0-1", "If-Match: \(tag(Self.text))"]).status == 206)
        #expect(try answer(["If-Range: \(tag(Self.text))"]).status == 200)
    }
}

/// Reads `multipart/byteranges` as a client does (RFC 9110 §14.6, RFC 2046 §5.1.1).
private struct Multipart {
    var type: String
    var range: String
    var body: String

    static func parse(_ answer: Answer) -> [Multipart]? {
        guard let type = answer["Content-Type"], type.hasPrefix("multipart/byteranges; boundary=") else { return nil }
        let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
        guard (1...70).contains(boundary.count) else { return nil }
        var pieces = answer.text.components(at: "\r\n--\(boundary)")
        guard pieces.removeFirst().isEmpty, pieces.popLast() == "--\r\n" else { return nil }
        return pieces.map { piece in
            let halves = piece.components(at: "\r\n\r\n")
            let lines = halves[0].components(at: "\r\n")
            func value(_ name: String) -> String { lines.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count + 2)) } ?? "" }
            return Multipart(
                type: value("Content-Type"), range: value("Content-Range"), body: halves.dropFirst().joined(separator: "\r\n\r\n"))
        }
    }
}

extension String {
    fileprivate func components(at separator: String) -> [String] {
        let own = Array(utf8)
        let wanted = Array(separator.utf8)
        var pieces: [String] = []
        var start = 0
        var at = 0
        while at + wanted.count <= own.count {
            if own[at..<at + wanted.count].elementsEqual(wanted) {
                pieces.append(String(decoding: own[start..<at], as: UTF8.self))
                at += wanted.count
                start = at
            } else {
                at += 1
            }
        }
        pieces.append(String(decoding: own[start...], as: UTF8.self))
        return pieces
    }
}
