/// What may name a release beside its id.
enum Label {
    static let longest = 100

    /// A label that is hexadecimal throughout could be taken for an abbreviated id, at any length.
    static func isWellFormed(_ label: String) -> Bool {
        guard (1...longest).contains(label.count) else { return false }
        let plain = label.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }
        return plain && !label.utf8.allSatisfy(isHexadecimal)
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}
