import Caching
import Dispatch
import Foundation
import Glibc
import Snapshots
import Testing

@testable import Proxying

/// What a server sends without an end costs neither disk nor time once nobody can have it.
@Suite struct EndlessAnswerTests {
    /// An origin whose answers go on until the other side ends, and who is told of that.
    private static func endless(_ line: String, _ body: String, left: DispatchSemaphore) -> Origin {
        let raw = "HTTP/1.1 200 OK\r\n\(line)\r\nContent-Length: 999999999\r\n\r\n\(body)"
        return Origin { _ in .init(raw: raw, stalls: true, whenLeft: { left.signal() }) }
    }

    private func begin(_ cache: CacheUnderTest, until text: String) -> RawConnection {
        let client = cache.connect()
        client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = client.head()
        #expect(client.read(text.utf8.count) == Array(text.utf8))
        return client
    }

    @Test func aServerIsLeftWhenTheClientOfWhatNobodyMayKeepHasGone() throws {
        let left = DispatchSemaphore(value: 0)
        let origin = Self.endless("Cache-Control: no-store", "hello", left: left)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        begin(cache, until: "hello").reset()
        #expect(left.wait(timeout: .now() + .seconds(60)) == .success)
    }

    @Test func aServerIsLeftWhenNobodyWaitsForWhatIsTooLongToBeKept() throws {
        let left = DispatchSemaphore(value: 0)
        let text = String(repeating: "0123456789abcdef", count: 256 << 10)
        let origin = Self.endless("Cache-Control: max-age=60", text, left: left)
        let cache = try CacheUnderTest(origin: origin, size: 1 << 20)
        defer { cache.end() }
        begin(cache, until: "0123").reset()
        #expect(left.wait(timeout: .now() + .seconds(60)) == .success)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.folder + "/tmp").isEmpty)
    }

    @Test func anErrorWithoutAnEndIsNotReadWhereWhatIsStoredStandsInForIt() throws {
        let left = DispatchSemaphore(value: 0)
        let filler = String(repeating: "x", count: 400 << 10)
        let origin = Origin { _ in .init(lines: ["Cache-Control: max-age=0, stale-if-error=60", "ETag: \"x\""], body: "kept") }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/a")?.text == "kept")
        origin.answer { _ in
            .init(raw: "HTTP/1.1 500 No\r\nContent-Length: 999999999\r\n\r\n" + filler, stalls: true, whenLeft: { left.signal() })
        }
        #expect(cache.get("/a")?.text == "kept")
        #expect(left.wait(timeout: .now() + .seconds(60)) == .success)
    }

    @Test func aPartThatIsLongerThanItSaysIsNotHeld() throws {
        let left = DispatchSemaphore(value: 0)
        let tag = "ETag: \"x\""
        let chunk = "100000\r\n" + String(repeating: "y", count: 1 << 20) + "\r\n"
        let origin = Origin { head in
            let asked = head.lowercased()
            if asked.contains("range: bytes=0-3") {
                return .init(status: 206, lines: ["Cache-Control: max-age=60", tag, "Content-Range: bytes 0-3/8"], body: "good")
            }
            guard asked.contains("range: bytes=4-") else { return .init(lines: ["Cache-Control: max-age=60", tag], body: "goodness") }
            let lines = ["Cache-Control: max-age=60", tag, "Content-Range: bytes 4-7/8", "Transfer-Encoding: chunked"]
            let raw = "HTTP/1.1 206 P\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
            return .init(raw: raw + String(repeating: chunk, count: 6), stalls: true, whenLeft: { left.signal() })
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/a", "Range: bytes=0-3")?.text == "good")
        #expect(cache.get("/a")?.text == "goodness")
        #expect(left.wait(timeout: .now() + .seconds(60)) == .success)
    }
}
