import Caching
import Foundation
import Glibc
import Model
import Names
import Testing

@testable import Proxying

/// What is held whole to be looked at, by all who ask at once, takes no more memory than there is room for.
@Suite struct SpoolRoomTests {
    private static let lines = "Cache-Control: public, max-age=31536000"
    private static func name(_ number: Int) -> String {
        "/a.js?\(String(repeating: "0123456789abcdef", count: 2).dropLast(4))\(1000 + number)"
    }

    /// An origin that sends a part of what it has announced, and ends or waits for the other side to.
    private static func begins(_ count: Int, of whole: Int, stalls: Bool) -> Origin {
        let raw = "HTTP/1.1 200 OK\r\n\(lines)\r\nContent-Length: \(whole)\r\n\r\n" + String(repeating: "x", count: count)
        return Origin { _ in .init(raw: raw, stalls: stalls) }
    }

    @Test func whatFindsNoRoomGoesOnForNobodyToKeep() throws {
        let cache = try CacheUnderTest(origin: Self.begins(700_000, of: 1_000_000, stalls: true), spoolBytes: 256 << 10)
        defer { cache.end() }
        let client = cache.connect()
        client.get(Self.name(0))
        // Its server says nothing more, and yet the client has what there is.
        let head = try #require(client.head())
        #expect(head.lowercased().contains("cache-control: no-store"))
        #expect(client.read(700_000).count == 700_000)
        client.leave()
    }

    @Test func whatIsUsualForANameIsLookedAtWithoutRoom() throws {
        let origin = Origin { _ in .init(lines: [Self.lines], body: String(repeating: "x", count: 64 << 10)) }
        let cache = try CacheUnderTest(origin: origin, spoolBytes: 0)
        defer { cache.end() }
        let answer = try #require(cache.get(Self.name(0)))
        #expect(answer["Cache-Control"]?.contains("max-age=60") == true)
        #expect(answer.body.count == 64 << 10)
    }

    @Test func roomIsGivenBackWhenItsAnswerHasEnded() throws {
        let origin = Self.begins(900_000, of: 1_000_000, stalls: false)
        let cache = try CacheUnderTest(origin: origin, spoolBytes: 1 << 20)
        defer { cache.end() }
        for number in 0..<20 { #expect(cache.get(Self.name(number))?.status != 200) }
        origin.answer { _ in .init(lines: [Self.lines], body: String(repeating: "x", count: 900_000)) }
        // The loop lets go of what it held in the turn in which it has answered.
        let isLookedAt = (20..<1000).contains { number in
            cache.get(Self.name(number))?["Cache-Control"]?.contains("max-age=60") == true
        }
        #expect(isLookedAt)
    }

    /// Another version's bytes: nobody keeps them, and the client that gets them is slow.
    @Test func aLongBodyThatNobodyKeepsTakesItsRoomUntilItsClientHasIt() throws {
        let body = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        let small = Array("small".utf8)
        let digest = small.withUnsafeBytes { ContentDigests(of: $0).withBytes(of: .md5) { Hexadecimal.string($0) } }
        let origin = Origin { head in .init(lines: [Self.lines], bytes: head.contains(digest) ? small : body) }
        let cache = try CacheUnderTest(origin: origin, spoolBytes: 8 << 20)
        defer { cache.end() }
        // The family is proven: what is not true from now on is a lie.
        #expect(cache.get("/a.js?\(digest)")?["Cache-Control"] == Self.lines.dropFirst(15).description)
        let slow = RawConnection(port: cache.port, receiveBuffer: 4096)
        slow.get(Self.name(0))
        let head = try #require(slow.head())
        #expect(head.contains("no-store") && head.contains("Content-Length: \(body.count)"))
        // There is no room for another one of this length: it goes on before it is whole, without its length.
        let other = try #require(cache.get(Self.name(1)))
        #expect(other.body == body && other["Transfer-Encoding"] == "chunked" && other["Cache-Control"] == "no-store")
        #expect(slow.read(body.count) == body)
        // The connection is in order.
        slow.get("/a.js?\(digest)")
        #expect(slow.answer()?.body == small)
    }
}
