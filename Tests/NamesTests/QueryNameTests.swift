import Model
import Testing

@testable import Names

@Suite struct QueryNameTests {
    private let digests = contentDigests(of: "hello")
    private let md5 = "5d41402abc4b2a76b9719d911017c592"
    private let sha1 = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    private let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    @Test func wholeQueryThatIsAFullDigestBelongsToTheName() throws {
        for (text, kind) in [(md5, DigestKind.md5), (sha1, .sha1), (sha256, .sha256)] {
            let claim = try #require(QueryName.parse(text))
            #expect(claim.kind == kind)
            #expect(claim.matches(digests))
            #expect(!claim.matches(contentDigests(of: "hello!")))
        }
    }

    @Test func parameterVThatIsAFullDigestBelongsToTheName() throws {
        for query in ["v=\(md5)", "v=\(sha1)", "lang=en&v=\(sha256)", "v=\(sha256.uppercased())&x", "&&v=\(md5)"] {
            let claim = try #require(QueryName.parse(query), "\(query)")
            #expect(claim.matches(digests), "\(query)")
        }
    }

    @Test func otherQueriesAreNoPartOfTheName() {
        let queries = [
            "", "v", "v=", "v=12", "utm_source=mail", "v=51c00e890179a4832552", "w=\(md5)", "xv=\(md5)", "\(md5)&a=b", "a=\(md5)",
            "v=\(md5)0", "v=\(md5.dropLast())", "\(md5.dropLast())g", "v=1&v=\(md5)", "\(md5)\(md5.dropLast())", "v=\(md5) ",
        ]
        for query in queries { #expect(QueryName.parse(query) == nil, "\(query)") }
    }

    @Test func claimGivesTheBytesItWasReadFrom() throws {
        for text in [md5, sha1, sha256] {
            let claim = try #require(QueryName.parse(text))
            #expect(claim.withBytes { Hexadecimal.string($0) } == text)
        }
    }
}

@Suite struct ContentHasherTests {
    @Test func digestsAreThoseOfTheStandards() {
        let empty = contentDigests(of: "")
        #expect(empty.sha256.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(empty.withSHA1 { Hexadecimal.string($0) } == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(empty.withMD5 { Hexadecimal.string($0) } == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test func piecesGiveTheSameDigestsAsTheWhole() {
        let bytes = Array("The same bytes, however they arrive.".utf8)
        var hasher = ContentHasher()
        for byte in bytes { withUnsafeBytes(of: byte) { hasher.update($0) } }
        #expect(hasher.finalize() == bytes.withUnsafeBytes { ContentDigests(of: $0) })
        #expect(hasher.finalize() != contentDigests(of: "Other bytes."))
    }

    @Test func rawBytesMakeTheSameValueAgain() {
        let digests = contentDigests(of: "round trip")
        let again = digests.withSHA1 { sha1 in
            digests.withMD5 { md5 in ContentDigests(sha256: digests.sha256, sha1: sha1, md5: md5) }
        }
        #expect(again == digests)
    }

    @Test func valueHoldsNothingOnTheHeap() {
        #expect(_isPOD(ContentDigests.self))
        #expect(_isPOD(DigestClaim.self))
        #expect(_isPOD(Fingerprint.self))
    }
}
