import Testing

@testable import HTTPEngine

/// RFC 9113 §8.2 and §8.3: which field lines a request may have at all.
@Suite struct FieldTagTests {
    private func kind(_ name: String, _ value: String = "x") -> FieldTag.Kind {
        let (name, value) = (OwnedBytes(Array(name.utf8)), OwnedBytes(Array(value.utf8)))
        return FieldTag(
            UnsafeBufferPointer(start: name.base, count: name.count), UnsafeBufferPointer(start: value.base, count: value.count)
        ).kind
    }

    @Test func namesAreTokensInLowerCase_8_2_1() {
        #expect(kind("x-name_1") == .regular)
        for name in ["", "Name", "x-naMe", "a b", "a\u{0}", "a\u{7f}", "é", "a:b", "a\r\n", "(x)"] {
            #expect(kind(name) == .malformed, "\(name)")
        }
    }

    @Test func valuesHaveNoControlCharactersAndNoSpaceAround_8_2_1() {
        #expect(kind("a", "") == .regular)
        #expect(kind("a", "b\tc é") == .regular)
        for value in ["a\u{0}b", "a\rb", "a\nb", " a", "a ", "\ta", "a\t", "\u{7f}"] {
            #expect(kind("a", value) == .malformed, "\(value.debugDescription)")
            #expect(kind(":path", value) == .malformed)
        }
    }

    @Test func whatSpeaksAboutTheConnectionIsMalformed_8_2_2() {
        for name in ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"] { #expect(kind(name) == .malformed) }
        #expect(kind("te", "trailers") == .regular)
        for value in ["gzip", "trailers, gzip", "", "trailers;q=1"] { #expect(kind("te", value) == .malformed) }
    }

    @Test func pseudoFieldsAreThoseOfARequest_8_3() {
        #expect(kind(":method", "GET") == .method)
        #expect(kind(":scheme") == .scheme)
        #expect(kind(":authority") == .authority)
        #expect(kind(":path") == .path)
        #expect(kind(":protocol") == .protocol)
        for name in [":status", ":", ":Path", ":other"] { #expect(kind(name) == .malformed) }
    }

    @Test func knownFieldsHaveTheirSlots() {
        let name = OwnedBytes(Array("accept-encoding".utf8))
        let tag = FieldTag(UnsafeBufferPointer(start: name.base, count: name.count), UnsafeBufferPointer(start: nil, count: 0))
        #expect(tag.known == .acceptEncoding)
        #expect(kind("cookie") == .cookie)
        #expect(kind("priority") == .priority)
    }
}
