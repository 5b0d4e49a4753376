import TestSeeds
import Testing

@testable import HTTPEngine

/// The header that a load balancer puts in front of a connection.
@Suite struct ProxyHeaderTests {
    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

    private static func parse(_ bytes: [UInt8]) -> ProxyHeader.Outcome { bytes.withUnsafeBytes { ProxyHeader.parse($0) } }
    private static func parse(_ text: String) -> ProxyHeader.Outcome { parse(Array(text.utf8)) }

    private static func addresses(_ source: String, _ from: UInt16, _ destination: String, _ to: UInt16) throws -> ProxyHeader.Addresses {
        var (source, destination) = (try #require(PeerAddress(text: source)), try #require(PeerAddress(text: destination)))
        (source.port, destination.port) = (from, to)
        return .init(source: source, destination: destination)
    }

    @Test func aLineSaysWhoConnectedToWhom() throws {
        let line = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"
        let header = ProxyHeader(addresses: try Self.addresses("192.0.2.1", 56324, "198.51.100.7", 443))
        #expect(Self.parse(line + "GET /") == .complete(header, count: line.utf8.count))
        #expect(header.bytes(.v1) == Array(line.utf8))
        let long = "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"
        let other = ProxyHeader(addresses: try Self.addresses("[2001:db8::1]", 1, "[::1]", 65535))
        #expect(Self.parse(long) == .complete(other, count: long.utf8.count))
    }

    @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"])
    func whoIsUnknownIsTheBalancer(_ line: String) {
        #expect(Self.parse(line) == .complete(ProxyHeader(addresses: nil), count: line.utf8.count))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n", "PROXY TCP6 :: ::1 1 2\r\n", "PROXY \r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r \r\n",
        "proxy UNKNOWN\r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 100) + "\r\n",
    ])
    func whatIsNoLineIsRefused(_ line: String) {
        #expect(Self.parse(line) == .refused)
    }

    @Test func bothFormsAreRecognisedFromEachBeginning() throws {
        let header = ProxyHeader(addresses: try Self.addresses("192.0.2.1", 1, "[2001:db8::7]", 2))
        for version in [ProxyHeader.Version.v1, .v2] {
            let bytes = header.bytes(version)
            for count in 0..<bytes.count { #expect(Self.parse(Array(bytes[..<count])) == .incomplete) }
            #expect(Self.parse(bytes + [1, 2, 3]) == .complete(header, count: bytes.count))
        }
    }

    @Test func binaryHeadersSayTheSame() throws {
        let tail: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x01, 0xbb]
        let header = ProxyHeader(addresses: try Self.addresses("192.0.2.1", 56324, "198.51.100.7", 443))
        #expect(header.bytes(.v2) == Self.signature + [0x21, 0x11, 0, 12] + tail)
        // What follows the addresses is skipped.
        let more: [UInt8] = [0x03, 0, 4, 1, 2, 3, 4]
        #expect(Self.parse(Self.signature + [0x21, 0x11, 0, 19] + tail + more) == .complete(header, count: 35))
    }

    @Test(
        arguments: [
            [0x20, 0x00, 0, 0], [0x20, 0x11, 0, 12] + [UInt8](repeating: 9, count: 12), [0x21, 0x00, 0, 2, 1, 2],
            [0x21, 0x31, 0, 216] + [UInt8](repeating: 1, count: 216),
        ] as [[UInt8]])
    func aConnectionOfTheBalancerItselfHasNoOtherAddress(_ rest: [UInt8]) {
        #expect(Self.parse(Self.signature + rest) == .complete(ProxyHeader(addresses: nil), count: 12 + rest.count))
    }

    @Test(
        arguments: [
            [0x11, 0x11, 0, 12], [0x22, 0x11, 0, 12], [0x21, 0x12, 0, 12], [0x21, 0x11, 0, 11], [0x21, 0x21, 0, 35], [0x21, 0x31, 0, 215],
            [0x21, 0x41, 0, 12], [0x21, 0x11, 0x10, 0x01], [0x20, 0, 0xff, 0xff],
        ] as [[UInt8]])
    func whatIsNoBinaryHeaderIsRefused(_ rest: [UInt8]) {
        #expect(Self.parse(Self.signature + rest + [UInt8](repeating: 0, count: 300)) == .refused)
    }

    /// Whatever comes is decided within the bounds, and what is taken for a header is one by what it says again.
    @Test func randomBytesNeverSurprise() {
        var random = SeededGenerator(seed: 41)
        let seeds = [
            Array("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n".utf8), Array("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n".utf8),
            Self.signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x01, 0xbb],
            Self.signature + [0x21, 0x21, 0, 36] + [UInt8](repeating: 7, count: 36),
        ]
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            guard case .complete(let header, let count) = Self.parse(bytes) else { continue }
            taken += 1
            #expect(count <= bytes.count)
            guard header.addresses != nil else { continue }
            for version in [ProxyHeader.Version.v1, .v2] {
                let again = header.bytes(version)
                #expect(Self.parse(again) == .complete(header, count: again.count))
            }
        }
        #expect(taken > 1_000)
    }
}
