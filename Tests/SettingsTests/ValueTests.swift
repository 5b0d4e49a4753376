import Model
import Settings
import Testing

/// What the typed values of a site say to those who use them.
@Suite struct ValueTests {
    @Test func hostsAreLowerCasedAndTyped() throws {
        let text =
            "listen: [{address: \"0.0.0.0:1\"}]\nsites: {a: {hosts: [Shop.Example.COM, \"*.EXAMPLE.com\", \"*\", 127.0.0.1, \"[::0:1]\", my_host]}}"
        #expect(
            try load(text).sites.first?.hosts == [
                .exact("shop.example.com"), .suffix(".example.com"), .any, .exact("127.0.0.1"), .exact("[::1]"), .exact("my_host"),
            ])
    }

    @Test func addressesAreWrittenInTheirOneSpelling() throws {
        let text =
            "listen: [{address: \"[2001:DB8:0::1]:443\"}, {address: \"127.0.0.1:0\"}, {address: \"127.0.0.1:0\"}]\nsites: {a: {hosts: [a]}}"
        let listen = try load(text).listen
        #expect(listen.map(\.address.description) == ["[2001:db8::1]:443", "127.0.0.1:0", "127.0.0.1:0"])
        #expect(listen.map(\.address.isLocal) == [false, true, true])
    }

    @Test func aWildcardOfEitherFamilyStandsBesideTheOther() {
        #expect(faults("listen: [{address: \"0.0.0.0:80\"}, {address: \"[::]:80\"}]\nsites: {a: {hosts: [a]}}") == "")
    }

    @Test func redirectsFillTheirStar() {
        #expect(Configuration.Redirect(to: "/new/*").location(rest: "a/b.html") == "/new/a/b.html")
        #expect(Configuration.Redirect(to: "https://x.example/*/end").location(rest: "a*b") == "https://x.example/a*b/end")
        #expect(Configuration.Redirect(to: "/new").location(rest: "a") == "/new")
        #expect(Configuration.Redirect(to: "/new").status == 308)
    }

    @Test func cacheControlSaysHowLongADocumentMayBeUsed() throws {
        let cases: [(String, Duration)] = [
            ("no-cache", .zero), ("no-store", .zero), ("max-age=60", .seconds(60)), ("public, max-age=60, s-maxage=600", .seconds(600)),
            ("Max-Age=60, stale-while-revalidate=30", .seconds(90)), ("no-cache, max-age=60", .zero),
            ("private, max-age=0, must-revalidate", .zero), ("max-age=10, stale-if-error=86400", .seconds(10)),
        ]
        for (text, use) in cases {
            let value = try loadSite("documents: {cache_control: \"\(text)\"}").documents.cacheControl
            #expect(value.longestUse == use, "\(text)")
            #expect(value.text == text)
        }
    }

    @Test func quotedAndPlainWordsAreTheSame() throws {
        #expect(try loadSite("preview: {hosts: \"off\"}, fingerprints: 'auto'") == loadSite("preview: {hosts: off}, fingerprints: auto"))
    }

    @Test func patternsKeepTheirDollar() throws {
        let site = try loadSite(#"fingerprints: ['\.(js|css)$', "-[0-9a-f]{8}$"]"#)
        #expect(site.fingerprints.patterns == [#"\.(js|css)$"#, "-[0-9a-f]{8}$"])
    }

    @Test func sitesAndRoutesKeepTheirOrder() throws {
        let text = "listen: [{address: \"0.0.0.0:1\"}]\nsites: {z: {hosts: [z]}, a: {hosts: [a]}, m: {hosts: [m]}}"
        #expect(try load(text).sites.map(\.name.text) == ["z", "a", "m"])
    }

    @Test func aRangeOfAddressesHasItsBytes() throws {
        let ranges = try loadSite("preview: {allow: [10.128.0.0/9, 192.0.2.1, \"2001:db8::/32\", 0.0.0.0/0]}").preview.allow
        #expect(ranges.map(\.prefixLength) == [9, 32, 32, 0])
        #expect(ranges[0].bytes == [10, 128, 0, 0])
        #expect(ranges[2].bytes.prefix(5) == [0x20, 0x01, 0x0d, 0xb8, 0])
    }
}
