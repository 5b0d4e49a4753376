import Model

/// What of the answers of a `proxy` route is encoded on its way to a client.
package struct CompressionPolicy: Sendable {
    /// Of those that a client likes equally the first is taken.
    package var codings: [Coding]
    package var types: [MediaRange]
    /// Bytes: answers that say that they are shorter go as they are.
    package var minimum: UInt64
    /// 1 to 9; nil: the usual one of each coding.
    package var level: Int?

    package init(
        codings: [Coding] = [.zstd, .brotli, .gzip], types: [MediaRange] = [MediaRange("text/*")], minimum: UInt64 = 1024, level: Int? = nil
    ) {
        (self.codings, self.types, self.minimum, self.level) = (codings, types, minimum, level)
    }

    /// - Parameter type: the value of `Content-Type`, parameters and all.
    package func takes(_ type: UnsafeBufferPointer<UInt8>) -> Bool {
        let essence = UnsafeBufferPointer(rebasing: type.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 })
        return types.contains { $0.matches(essence) }
    }
}

/// Content types: one, all of a kind, or all in a syntax (RFC 6838 §4.2.8).
package struct MediaRange: Hashable, Sendable {
    private enum Form: Hashable {
        case whole, beginning, end
    }

    private let form: Form
    /// In lower case.
    private let text: [UInt8]

    /// - Parameter text: `text/html`, `text/*` or `*+json`, in lower case.
    package init(_ text: String) {
        if text.hasPrefix("*") {
            (form, self.text) = (.end, Array(text.utf8.dropFirst()))
        } else if text.hasSuffix("*") {
            (form, self.text) = (.beginning, Array(text.utf8.dropLast()))
        } else {
            (form, self.text) = (.whole, Array(text.utf8))
        }
    }

    func matches(_ type: UnsafeBufferPointer<UInt8>) -> Bool {
        guard type.count >= text.count else { return false }
        let part: Slice<UnsafeBufferPointer<UInt8>>
        switch form {
        case .whole:
            guard type.count == text.count else { return false }
            part = type[...]
        case .beginning: part = type.prefix(text.count)
        case .end: part = type.suffix(text.count)
        }
        return part.elementsEqual(text) { byte, lower in (byte &- 0x41 < 26 ? byte | 0x20 : byte) == lower }
    }
}
