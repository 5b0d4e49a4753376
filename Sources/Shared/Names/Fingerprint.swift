/// The part of a name that looks like a digest of its content.
///
/// A shape is no proof: of Vite's names none recompute, and `address-book-new-symbolic.svg` has Rollup's shape without being one.
/// What a shape is worth is decided by `NameClassifier`, which sees the whole release; for a name that no release has, the shape
/// alone says that it must not be answered with something else.
package struct Fingerprint: Hashable, Sendable {
    /// How the token stands in its name.
    package enum Form: UInt8, CaseIterable, Sendable {
        /// `index.CIiu7Ygf.css`
        case dot
        /// `index-CIiu7Ygf.js`
        case dash
        /// `core_65b61c1a….js`
        case underscore
        /// `1cb1c39ea642f26a4dfe.woff`
        case bareStem
        /// `7ff6869a1704182a-s.p.woff2`
        case leading
        /// `_app/immutable/chunks/BxYz12_a.js`: a bare stem that only its folder explains.
        case immutableFolder
        /// `_next/static/<build>/_buildManifest.js`: the token names a folder.
        case buildFolder
    }

    private let start: UInt32
    private let end: UInt32
    package let form: Form
    /// The byte that parts the token from the name: before it, or after it where it leads. Zero where it stands alone.
    package let separator: UInt8
    package let alphabet: TokenAlphabet
    /// Whether the token mixes letters with digits or cases as words and numbers do not.
    package let isMixed: Bool
    /// Whether the token could be words of a language: in a release full of mixed tokens it is then no token.
    package let isPronounceable: Bool
    /// Whether the token has letters and digits.
    let hasLettersAndDigits: Bool
    let hasBothCases: Bool

    init(token: Range<Int>, form: Form, separator: UInt8, texture: TokenTexture) {
        start = UInt32(token.lowerBound)
        end = UInt32(token.upperBound)
        self.form = form
        self.separator = separator
        alphabet = texture.alphabet
        isMixed = texture.isMixed
        // One with joints would not have been taken for a token if it could be words.
        isPronounceable = texture.isPronounceable && texture.joints == 0
        hasLettersAndDigits = texture.letters > 0 && texture.digits > 0
        hasBothCases = texture.lowers > 0 && texture.uppers > 0
    }

    /// Byte offsets of the token in the name; always within the name and never empty.
    package var token: Range<Int> { Int(start)..<Int(end) }

    /// The token with its separator: what the source's name does not have.
    var removable: Range<Int> {
        switch form {
        case .dot, .dash, .underscore: Int(start) - 1..<Int(end)
        case .leading, .buildFolder: Int(start)..<Int(end) + 1
        case .bareStem, .immutableFolder: token
        }
    }

    /// Enough digits to be a digest by themselves: 16 or more hexadecimal ones, of both kinds. Sixteen random digits are all
    /// decimal once in 1,800 names, and then more often a number or a time than a digest.
    package var isLongHexadecimal: Bool {
        alphabet == .hexadecimal && token.count >= 16 && hasLettersAndDigits
    }

    /// The name without the token and its separator: what the file is called in the source.
    /// - Precondition: `name` is the one in which the fingerprint was found.
    package func logicalName(of name: String) -> String {
        var bytes = Array(name.utf8)
        precondition(removable.upperBound <= bytes.count)
        bytes.removeSubrange(removable)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The token's text.
    package func text(in name: String) -> String {
        String(decoding: Array(name.utf8)[token], as: UTF8.self)
    }
}
