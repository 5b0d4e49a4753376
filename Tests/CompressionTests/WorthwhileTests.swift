import Compression
import Testing

@Suite struct WorthwhileTests {
    func isWorthTrying(_ name: String, size: UInt64 = 10_000, head: [UInt8] = Array("function () {}  ".utf8)) -> Bool {
        head.withUnsafeBytes { Worthwhile.isWorthTrying(name: name, size: size, head: $0) }
    }

    @Test(arguments: [
        "app.js", "index.html", "a.css", "data.json", "logo.svg", "module.wasm", "font.ttf", "README", "png", "app.js.map", "",
    ])
    func whatMayGetSmallerIsTried(name: String) {
        #expect(isWorthTrying(name))
    }

    @Test(arguments: ["a.png", "a.JPG", "a.woff2", "a.mp4", "a.zip", "bundle.js.gz", "bundle.js.br", "x/y/planet.pmtiles"])
    func whatIsCompressedByItsNameIsNot(name: String) {
        #expect(!isWorthTrying(name))
    }

    @Test(
        arguments: [
            [0x1f, 0x8b, 8, 0], [0x50, 0x4b, 3, 4], [0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff, 0xe0], [0x28, 0xb5, 0x2f, 0xfd],
            Array("wOF2".utf8), Array("GIF89a".utf8),
        ] as [[UInt8]])
    func whatIsCompressedByItsFirstBytesIsNot(head: [UInt8]) {
        #expect(!isWorthTrying("blob", head: head))
    }

    @Test func aHeadThatIsTooShortIsNoMagic() {
        #expect(isWorthTrying("blob", head: [0x1f]))
        #expect(isWorthTrying("blob", head: []))
    }

    @Test func smallContentsAreLeftAlone() {
        #expect(!isWorthTrying("a.js", size: 0))
        #expect(!isWorthTrying("a.js", size: 199))
        #expect(isWorthTrying("a.js", size: 200))
    }

    /// The libraries count in 32 bits.
    @Test func contentsBeyondTwoGigabytesAreLeftAlone() {
        #expect(isWorthTrying("a.wasm", size: UInt64(Int32.max)))
        #expect(!isWorthTrying("a.wasm", size: UInt64(Int32.max) + 1))
    }

    @Test(
        arguments: [
            (900, 1_000, true), (901, 1_000, false), (9_500, 10_000, true), (9_501, 10_000, false), (1_000, 1_000, false),
            (1_200, 1_000, false),
            (100, 200, true), (101, 200, false),
        ] as [(Int, UInt64, Bool)])
    func anEncodingIsKeptWhereItSavesFivePerCentAndAHundredBytes(encoded: Int, original: UInt64, isKept: Bool) {
        #expect(Worthwhile.isWorthKeeping(encoded: encoded, original: original) == isKept)
    }
}
