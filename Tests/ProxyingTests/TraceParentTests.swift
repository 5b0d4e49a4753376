import HTTPEngine
import Testing

@testable import Proxying

/// Traces are passed on, or begin here.
@Suite struct TraceParentTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func isValid(_ text: String) -> Bool { Array(text.utf8).withUnsafeBufferPointer { TraceParent.isValid($0) } }

    @Test func whatCanBeReadIsAParent() {
        #expect(Self.isValid(Self.parent))
        #expect(Self.isValid("01" + Self.parent.dropFirst(2)))
        #expect(Self.isValid("cc" + Self.parent.dropFirst(2) + "-what-the-future-will-be-like"))
    }

    @Test(arguments: [
        "", "00", parent + "-01", parent + "x", "cc" + parent.dropFirst(2) + "x", "ff" + parent.dropFirst(2), parent.uppercased(),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
    ])
    func whatCannotBeReadIsNone(_ text: String) {
        #expect(!Self.isValid(text))
    }

    @Test(arguments: [0, 1, Int.max - 1])
    func oneThatBeginsHereIsValid(_ number: Int) throws {
        let block = ByteBlock()
        TraceParent.begin(in: block) { _ in number }
        let line = String(decoding: block.bytes, as: UTF8.self)
        #expect(line.hasPrefix("traceparent: 00-") && line.hasSuffix("-00\r\n"))
        #expect(Self.isValid(String(line.dropFirst(13).dropLast())))
    }

    @Test func aTraceGoesOnAsItCame() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let passed = try #require(proxy.get("/", "tracestate: a=1", "Traceparent: \(Self.parent)", "tracestate: b=2")?.text)
        #expect(passed.contains("\r\ntraceparent: \(Self.parent)\r\ntracestate: a=1\r\ntracestate: b=2\r\n"))
        #expect(passed.split(separator: "trace").count == 4)
    }

    @Test(arguments: [[], ["traceparent: \(parent)", "traceparent: \(parent)"], ["traceparent: ?", "tracestate: a=1"]])
    func whereNoneCanBeReadOneBegins(_ lines: [String]) throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let request = "GET / HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let text = try #require(proxy.ask(request)?.text)
        let begun = text.split(separator: "\r\n").filter { $0.hasPrefix("traceparent: ") }
        #expect(begun.count == 1 && Self.isValid(String(begun[0].dropFirst(13))))
        #expect(!text.contains("tracestate") && !text.contains(Self.parent))
    }
}
