import Testing

@testable import Proxying

/// Lines end with CR LF, LF or CR, and an empty one completes an event.
@Suite struct EventStreamEndTests {
    private static func take(_ end: inout EventStreamEnd, _ text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { end.take($0) }
    }

    @Test(arguments: [
        "", "data: a\n\n", "data: a\r\n\r\n", "data: a\r\r", ": comment\n\n", "data: a\n\r\n", "data: a\r\n\n", "\n",
        "data: a\n\ndata: b\n\n",
    ])
    func behindAnEmptyLineItMayEnd(_ text: String) {
        var end = EventStreamEnd(isEncoded: false)
        #expect(Self.take(&end, text) == nil)
        #expect(end.isAtBoundary)
        // Byte by byte it is the same.
        var second = EventStreamEnd(isEncoded: false)
        for byte in text.utf8 { _ = [byte].withUnsafeBytes { second.take($0) } }
        #expect(second == end)
    }

    @Test(arguments: ["d", "data: a\n", "data: a\r\n", "data: a\n\nid: 1", "data: a\n\nid: 1\n", "data: a\r"]) func inAnEventItMayNot(
        _ text: String
    ) {
        var end = EventStreamEnd(isEncoded: false)
        _ = Self.take(&end, text)
        #expect(!end.isAtBoundary)
    }

    @Test func itEndsBehindTheEventThatIsUnderWay() {
        var end = EventStreamEnd(isEncoded: false)
        #expect(Self.take(&end, "data: a\n\ndata: b") == nil)
        end.conclude()
        #expect(Self.take(&end, "bbb\n") == nil)
        #expect(Self.take(&end, "\ndata: c\n\n") == 1)
    }

    @Test func whatIsCompressedHasNoLines() {
        var end = EventStreamEnd(isEncoded: true)
        #expect(Self.take(&end, "xyz") == nil)
        #expect(end.isAtBoundary)
        end.conclude()
        #expect(Self.take(&end, "xyz") == 3)
    }
}
