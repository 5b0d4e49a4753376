/// A site's key in the configuration: 1–63 characters of `a–z 0–9 - _`, beginning with a letter or a digit.
package struct SiteName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    package static let `default` = SiteName(unchecked: "default")

    private init(unchecked text: String) {
        self.text = text
    }

    package init?(_ text: String) {
        let bytes = text.utf8
        func isWord(_ byte: UInt8) -> Bool {
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
        }
        guard (1...63).contains(bytes.count), let first = bytes.first, isWord(first),
            bytes.allSatisfy({ isWord($0) || $0 == 0x2d || $0 == 0x5f })
        else { return nil }
        self.text = text
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let name = SiteName(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a site name: \(text)"))
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (a: SiteName, b: SiteName) -> Bool { a.text < b.text }
    package var description: String { text }
}
