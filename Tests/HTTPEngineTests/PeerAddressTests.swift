import Glibc
import Testing

@testable import HTTPEngine

@Suite struct PeerAddressTests {
    private static func ipv4(_ text: String, port: UInt16) -> PeerAddress {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return withUnsafeBytes(of: &address) { PeerAddress($0.baseAddress!) }
    }

    private static func ipv6(_ text: String, port: UInt16) -> PeerAddress {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        inet_pton(AF_INET6, text, &address.sin6_addr)
        return withUnsafeBytes(of: &address) { PeerAddress($0.baseAddress!) }
    }

    @Test func addressesAreReadAndWritten() {
        #expect(Self.ipv4("192.0.2.1", port: 8080).description == "192.0.2.1")
        #expect(Self.ipv4("192.0.2.1", port: 8080).port == 8080)
        #expect(Self.ipv4("255.0.0.254", port: 1).description == "255.0.0.254")
        #expect(Self.ipv6("2001:db8::1", port: 443).description == "2001:db8:0:0:0:0:0:1")
        #expect(Self.ipv6("2001:db8::1", port: 443).port == 443)
        #expect(Self.ipv6("::1", port: 1).description == "0:0:0:0:0:0:0:1")
        #expect(PeerAddress.local.description == "unix:")
        var unix = sockaddr_un()
        unix.sun_family = sa_family_t(AF_UNIX)
        #expect(withUnsafeBytes(of: &unix) { PeerAddress($0.baseAddress!) } == .local)
    }

    @Test func anIPv4ClientIsTheSameThroughBothFamilies() {
        #expect(Self.ipv6("::ffff:192.0.2.1", port: 80) == Self.ipv4("192.0.2.1", port: 80))
    }

    @Test func clientsAreToldApartByAddressAndNotByPort() {
        #expect(Self.ipv4("192.0.2.1", port: 1).clientHash == Self.ipv4("192.0.2.1", port: 2).clientHash)
        #expect(Self.ipv4("192.0.2.1", port: 1).clientHash != Self.ipv4("192.0.2.2", port: 1).clientHash)
        // One subscriber has a /64.
        #expect(Self.ipv6("2001:db8::1", port: 1).clientHash == Self.ipv6("2001:db8::ffff:1", port: 9).clientHash)
        #expect(Self.ipv6("2001:db8:0:1::1", port: 1).clientHash != Self.ipv6("2001:db8::1", port: 1).clientHash)
        #expect(Set((0..<200).map { Self.ipv4("10.0.0.\($0)", port: 1).clientHash }).count == 200)
    }
}
