import Model

extension Kind where Value == Configuration.Compression? {
    static var compression: Kind {
        let section = Kind<Configuration.Compression>.section(Configuration.Compression.schema)
        let some: Kind = section.map({ $0 }, back: { $0 })
        return .word("off", means: nil, or: .word("on", means: .some(Configuration.Compression()), or: some))
    }
}

extension Configuration.Compression {
    fileprivate static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "encodings", \.encodings,
                    .list(
                        .words("encoding"), count: 1...3,
                        check: { items, reading in
                            for (index, item) in items.enumerated() where items[..<index].contains(where: { $0.value == item.value }) {
                                reading.fault(item.position, "\(item.value.rawValue) stands in the list already")
                            }
                        }), "Which ones: of those that a client likes equally the first."),
                Key("types", \.types, .list(.mediaRange, count: 1...64), "Content types: `text/html`, `text/*`, `*+json`."),
                Key(
                    "at_least", \.atLeast, .size(ByteCount(0)...ByteCount(1 << 30)),
                    "Answers that say that they are shorter go as they are."),
                Key("level", \.level, .count(1...9), "1 is fastest, 9 smallest. Left out: zstd 3, br 5, gzip 5."),
            ])
    }
}

extension Kind where Value == String {
    /// A content type, all of a kind (`text/*`), or all in a syntax (`*+json`, RFC 6838 §4.2.8).
    fileprivate static var mediaRange: Kind {
        .parsed("content type") { text, _ throws(Complaint) in
            let fault = Complaint("write text/html, text/* or *+json")
            let lower = text.lowercased()
            if lower.hasPrefix("*+") {
                guard FieldRules.isToken(String(lower.dropFirst(2))), !lower.dropFirst().utf8.contains(UInt8(ascii: "*")) else {
                    throw fault
                }
                return lower
            }
            let parts = lower.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, FieldRules.isToken(String(parts[0])), !parts[0].utf8.contains(UInt8(ascii: "*")),
                parts[1] == "*" || (FieldRules.isToken(String(parts[1])) && !parts[1].utf8.contains(UInt8(ascii: "*")))
            else { throw fault }
            return lower
        } write: {
            $0
        }
    }
}
