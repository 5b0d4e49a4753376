import Snapshots
import Testing

@Suite struct AddressPrefixTests {
    private static func v4(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> (high: UInt64, low: UInt64) {
        (0, 0xffff_0000_0000 | a << 24 | b << 16 | c << 8 | d)
    }

    @Test func anAddressOfTheNetworkIsInIt() {
        let network = AddressPrefix(bytes: [10, 1, 0, 0], length: 16)
        for (address, isIn) in [(Self.v4(10, 1, 0, 0), true), (Self.v4(10, 1, 255, 255), true), (Self.v4(10, 2, 0, 0), false)] {
            #expect(network.contains(high: address.high, low: address.low) == isIn)
        }
        #expect(!network.contains(high: 0, low: 0x0a01_0000))
    }

    @Test func allAndOneAreNetworksToo() {
        let all = AddressPrefix(bytes: [0, 0, 0, 0], length: 0)
        #expect(all.contains(high: 0, low: Self.v4(1, 2, 3, 4).low))
        #expect(!all.contains(high: 0x2001_0db8_0000_0000, low: 1))
        let one = AddressPrefix(bytes: [127, 0, 0, 1], length: 32)
        #expect(one.contains(high: 0, low: Self.v4(127, 0, 0, 1).low))
        #expect(!one.contains(high: 0, low: Self.v4(127, 0, 0, 2).low))
        let every = AddressPrefix(bytes: [UInt8](repeating: 0, count: 16), length: 0)
        #expect(every.contains(high: .max, low: .max))
    }

    @Test func longPrefixesReachIntoTheSecondHalf() {
        let bytes: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0]
        let network = AddressPrefix(bytes: bytes, length: 120)
        #expect(network.contains(high: 0x2001_0db8_0000_0000, low: 0x12ff))
        #expect(!network.contains(high: 0x2001_0db8_0000_0000, low: 0x1300))
        #expect(!network.contains(high: 0x2001_0db8_0000_0001, low: 0x12ff))
    }
}
