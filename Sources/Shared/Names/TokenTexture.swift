/// How some bytes read: as a digest, as words, as a number, as a date.
///
/// A random token changes between letters, digits and cases all the time; what people write does so seldom. The bytes are cut into
/// pieces, as a reader would cut them:
///
///     C77ar7rq     C | 77 | ar | 7 | rq     mixed
///     BoldItalic   Bold | Italic            words
///     chapter1     chapter | 1              a word and a number
///     pipeline     pipeline                 one word, or a rare token: nothing to tell them apart by
struct TokenTexture {
    private(set) var digits = 0
    private(set) var lowers = 0
    private(set) var uppers = 0
    private(set) var joints = 0
    /// Whether a joint stands at an end or beside another one, where none parts words.
    private var hasLooseJoint = false
    /// Bytes that no alphabet of digests has.
    private(set) var others = 0
    private var lettersBeyondHexadecimal = 0
    private var vowels = 0
    private var consonantRun = 0
    private var longestConsonantRun = 0
    private var numberPieces = 0
    private var isUnspeakable = false
    private var hasShortWord = false
    private var previous: UInt8 = 0
    private var piece = Piece.none
    private var pieceLength = 0
    private var pieceVowels = 0
    private var stretch = Stretch()
    private var hasMixedStretch = false

    /// What stands between two joints.
    private struct Stretch {
        var words = 0
        var capitals = 0
        var numbers = 0
        var shortestWord = Int.max
        var hasSmallLetters = false

        /// Changes between letters, digits and cases as no word, number or word with a number does.
        var isMixed: Bool {
            if words + numbers <= 1 { return false }
            // Capitals beside small letters, as in `exeeJQEP`, are no one's spelling.
            if capitals > 0 && hasSmallLetters { return true }
            if words == 1 && numbers == 1 { return false }
            return shortestWord < 3 || numbers > 1
        }
    }

    private enum Piece { case none, number, capitals, word }

    /// One pass over `bytes`; allocates nothing.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        for at in range { append(bytes[at]) }
        if piece == .none, joints > 0 { hasLooseJoint = true }
        closePiece()
        closeStretch()
    }

    private mutating func append(_ byte: UInt8) {
        if TokenByte.isDigit(byte) {
            digits += 1
            if piece != .number { openPiece(.number) }
            pieceLength += 1
        } else if TokenByte.isLower(byte) {
            lowers += 1
            if piece == .capitals {
                // The last capital begins the word: `XMLParser` is XML and Parser.
                if pieceLength > 1 {
                    pieceLength -= 1
                    openPiece(.word)
                    pieceLength = 1
                    pieceVowels = TokenByte.isVowel(previous) ? 1 : 0
                }
                piece = .word
            } else if piece != .word {
                openPiece(.word)
            }
            pieceLength += 1
            noteLetter(byte)
        } else if TokenByte.isUpper(byte) {
            uppers += 1
            if piece != .capitals { openPiece(.capitals) }
            pieceLength += 1
            noteLetter(byte)
        } else {
            if TokenByte.isJoint(byte) {
                joints += 1
                if piece == .none { hasLooseJoint = true }
            } else {
                others += 1
            }
            openPiece(.none)
            closeStretch()
        }
        previous = byte
    }

    private mutating func noteLetter(_ byte: UInt8) {
        if (byte | 0x20) > UInt8(ascii: "f") { lettersBeyondHexadecimal += 1 }
        if !Self.canFollow(byte | 0x20, pieceLength > 1 ? previous | 0x20 : 0, isSecond: pieceLength == 2) { isUnspeakable = true }
        if TokenByte.isVowel(byte) {
            vowels += 1
            pieceVowels += 1
            consonantRun = 0
        } else {
            consonantRun += 1
            longestConsonantRun = max(longestConsonantRun, consonantRun)
        }
    }

    /// Whether a language that writes Latin letters is likely to put a letter after another one, or first in a word (after 0).
    /// The five rare letters and the beginnings of words say most.
    private static func canFollow(_ letter: UInt8, _ previous: UInt8, isSecond: Bool) -> Bool {
        let isVowel = TokenByte.isVowel(letter)
        if letter == UInt8(ascii: "x") { return previous != 0 && TokenByte.isVowel(previous) }
        switch previous {
        case UInt8(ascii: "q"): return letter == UInt8(ascii: "u")
        case UInt8(ascii: "j"), UInt8(ascii: "v"): return isVowel
        case UInt8(ascii: "z"): return isVowel || letter == UInt8(ascii: "z") || letter == UInt8(ascii: "l")
        default: break
        }
        guard isSecond, !isVowel, !TokenByte.isVowel(previous), previous != UInt8(ascii: "s") else { return true }
        // chat, blur, brush, twin; knob, gnome, psalm, tsar
        switch letter {
        case UInt8(ascii: "h"), UInt8(ascii: "l"), UInt8(ascii: "r"), UInt8(ascii: "w"): return true
        case UInt8(ascii: "n"): return previous == UInt8(ascii: "k") || previous == UInt8(ascii: "g") || previous == UInt8(ascii: "p")
        case UInt8(ascii: "s"): return previous == UInt8(ascii: "p") || previous == UInt8(ascii: "t")
        default: return false
        }
    }

    private mutating func openPiece(_ next: Piece) {
        closePiece()
        piece = next
        pieceLength = 0
        pieceVowels = 0
    }

    private mutating func closePiece() {
        switch piece {
        case .none: break
        case .number:
            stretch.numbers += 1
            numberPieces += 1
        case .word, .capitals:
            stretch.words += 1
            stretch.shortestWord = min(stretch.shortestWord, pieceLength)
            if pieceLength < 3 { hasShortWord = true }
            if pieceLength > 2, pieceVowels == 0 { isUnspeakable = true }
            if piece == .word { stretch.hasSmallLetters = true } else { stretch.capitals += 1 }
        }
        if piece != .word && piece != .capitals { consonantRun = 0 }
    }

    private mutating func closeStretch() {
        if stretch.isMixed { hasMixedStretch = true }
        stretch = Stretch()
    }

    var letters: Int { lowers + uppers }

    /// Only hexadecimal digits, letters in one case: tools write digests in one case.
    var isHexadecimal: Bool {
        joints == 0 && others == 0 && lettersBeyondHexadecimal == 0 && (lowers == 0 || uppers == 0)
    }

    /// Mixes letters with digits or cases, and not as words and numbers do.
    var isMixed: Bool { hasMixedStretch }

    /// Could be spoken, perhaps with a number at the end. Of eight random letters about one in eight passes.
    var isPronounceable: Bool {
        !isMixed && letters > 0 && !isUnspeakable && vowels * 5 >= letters && longestConsonantRun <= 4
            && (numberPieces == 0 || (numberPieces == 1 && piece == .number))
    }

    /// Joints that part no words, or part what are none: Rollup's alphabet has them among the others. `go-for-it` is no token,
    /// `CB_wures` and `GOM-9xq-` are.
    var hasRandomJoint: Bool {
        guard joints > 0, letters > 0, uppers + digits > 0 else { return false }
        return hasLooseJoint || !isPronounceable || (hasShortWord && uppers > 0 && lowers > 0)
    }

    var alphabet: TokenAlphabet {
        if isHexadecimal { return .hexadecimal }
        if joints > 0 { return .base64url }
        if uppers > 0 && lowers > 0 { return .base62 }
        return uppers > 0 ? .base32 : .base36
    }
}

/// The narrowest usual alphabet that holds a token.
package enum TokenAlphabet: UInt8, CaseIterable, Sendable {
    /// Digits and a–f, in one case.
    case hexadecimal
    /// Capitals and digits: esbuild.
    case base32
    /// Small letters and digits.
    case base36
    /// Both cases and digits.
    case base62
    /// Both cases, digits, `-` and `_`: Rollup and Vite.
    case base64url
}
