@testable import HTTPEngine

/// A head parsed from text: what tests compare instead of spans.
struct ParsedHead: Equatable {
    struct Line: Equatable {
        var name: String
        var value: String
    }

    var method: String
    var target: String
    var authority: String
    var minorVersion: UInt8
    var framing: RequestHead.Framing
    var keepsAlive: Bool
    var expectsContinue: Bool
    var lines: [Line]
    var known: [KnownField: String]

    init(_ head: RequestHead, _ base: UnsafePointer<UInt8>) {
        func text(_ span: RequestHead.Span) -> String { String(decoding: span.bytes(from: base), as: UTF8.self) }
        method = text(head.methodName)
        target = text(head.target)
        authority = text(head.authority)
        minorVersion = head.minorVersion
        framing = head.framing
        keepsAlive = head.keepsAlive
        expectsContinue = head.expectsContinue
        var all: [Line] = []
        head.forEachField(in: base) { name, value in
            all.append(Line(name: text(name), value: text(value)))
            return true
        }
        lines = all
        var slots: [KnownField: String] = [:]
        for field in KnownField.allCases { slots[field] = head[field].map(text) }
        known = slots
    }
}

/// What the parser made of some bytes, beside the head where there is one.
struct ParseResult {
    var outcome: RequestHeadParser.Outcome
    var head: ParsedHead?

    var refusal: Refusal? {
        if case .refused(let refusal) = outcome { refusal } else { nil }
    }

    init(_ bytes: [UInt8], limits: EngineLimits = EngineLimits()) {
        var head = RequestHead()
        // A copy of exactly that many bytes: a sanitizer sees any look behind the end.
        let copy = OwnedBytes(bytes)
        outcome = RequestHeadParser.parse(copy.base, count: bytes.count, limits: limits, into: &head)
        if case .complete = outcome { self.head = ParsedHead(head, copy.base) }
    }

    init(_ text: String, limits: EngineLimits = EngineLimits()) {
        self.init(Array(text.utf8), limits: limits)
    }
}

/// A head with a good request line and `Host`, and these lines.
func headWith(_ lines: String..., version: String = "1.1") -> String {
    "GET / HTTP/\(version)\r\nHost: a.example\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}
