import Testing

@testable import Caching

/// RFC 9110 §14.4 and RFC 9111 §3.4.
@Suite struct PartTests {
    private func part(_ range: String, tag: String? = "\"a\"") -> OriginResponse {
        var one = fields("Cache-Control: max-age=60", "Content-Range: \(range)")
        if let tag { one.lines.append(.init("etag", Array(tag.utf8))) }
        return OriginResponse(status: 206, fields: one, requestedAt: now, receivedAt: now)
    }

    @Test func aPlaceIsReadAndWritten() {
        for text in ["bytes 0-0/1", "bytes 5-9/10", "bytes 0-9223372036854775805/9223372036854775806"] {
            #expect(ContentRange(fields("Content-Range: \(text)"))?.text == text)
        }
        #expect(ContentRange(fields("Content-Range: Bytes 5-9/10"))?.range == 5..<10)
    }

    @Test(arguments: [
        "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/*", "bytes */10", "bytes 5-/10", "bytes -5/10", "lines 5-9/10", "bytes 5-9",
        "bytes=5-9/10",
        "bytes 5-9/10/11", "bytes 5-9-10/20", "bytes +5-9/10", "bytes 5- 9/10", "bytes 0-99999999999999999999/99999999999999999999", "",
        "bytes ",
    ])
    func whatMakesNoSenseIsNoPlace(_ text: String) { #expect(ContentRange(fields("Content-Range: \(text)")) == nil) }

    @Test func twoPlacesAreNone() {
        #expect(ContentRange(fields("Content-Range: bytes 0-1/10", "Content-Range: bytes 2-3/10")) == nil)
    }

    /// Bytes that are joined are those of the whole, wherever the two parts stand; parts with a gap are not joined.
    @Test(arguments: 1...20) func whatIsJoinedIsTheWhole(_ seed: UInt64) throws {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<500 {
            let size = 1 + next(30)
            func some() -> Range<Int> {
                let first = next(size)
                return first..<first + 1 + next(size - first)
            }
            let (old, new) = (some(), some())
            let joined = JoinedPart(
                part("bytes \(old.lowerBound)-\(old.upperBound - 1)/\(size)"), part("bytes \(new.lowerBound)-\(new.upperBound - 1)/\(size)")
            )
            let touch = old.lowerBound <= new.upperBound && new.lowerBound <= old.upperBound
            #expect((joined != nil) == touch)
            guard let joined else { continue }
            let held = Array(old)
            #expect(Array(held[joined.front]) + Array(new) + Array(held[joined.back]) == Array(joined.place.range), "\(old) \(new)")
            #expect(joined.response.status == (joined.place.range.count == size ? 200 : 206))
            #expect(joined.response.fields.contains("content-range") == !joined.place.isWhole)
            #expect(!joined.response.fields.contains("content-length"))
        }
    }

    @Test(arguments: [nil, "W/\"a\"", "\"b\""]) func onlyPartsOfOneStrongTagAreJoined(_ tag: String?) {
        #expect(JoinedPart(part("bytes 0-4/10"), part("bytes 5-9/10", tag: tag)) == nil)
        #expect(JoinedPart(part("bytes 0-4/10", tag: tag), part("bytes 5-9/10")) == nil)
        #expect(JoinedPart(part("bytes 0-4/10"), part("bytes 5-9/11")) == nil)
    }

    @Test func aPartThatIsAllIsTheWhole() {
        #expect(JoinedPart.whole(part("bytes 0-9/10"))?.status == 200)
        #expect(JoinedPart.whole(part("bytes 0-8/10")) == nil)
        #expect(JoinedPart.whole(response("Cache-Control: max-age=60")) == nil)
    }

    // MARK: RFC 9875

    @Test func groupsAreStringsAsTheyStand() {
        #expect(CacheGroups.names([Array("\"a\", \"B c\";x=1".utf8), Array("\"d,e\"".utf8)]) == ["a", "B c", "d,e"])
        #expect(CacheGroups.names([]) == [])
        for text in ["a", "\"a\", b", "\"a\" \"b\"", "1", "(\"a\")", "\"a", "\"\u{e4}\""] {
            #expect(CacheGroups.names([Array(text.utf8)]) == nil, "\(text)")
        }
    }

    /// Whatever a field says, it is read to an end.
    @Test(arguments: 1...8) func noBytesHurtTheReaders(_ seed: UInt64) {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array("bytes 0123456789-/*\",;=()\\aA".utf8) + [0xff, 0x09]
        for _ in 0..<5_000 {
            let text = (0..<next(40)).map { _ in alphabet[next(alphabet.count)] }
            _ = CacheGroups.names([text])
            let place = ContentRange(FieldLines([.init("content-range", Array("bytes ".utf8) + text)]))
            if let place { #expect(place.range.upperBound <= place.size && !place.range.isEmpty) }
        }
    }
}
