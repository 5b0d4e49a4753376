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
    private(set) var hasLooseJoint = false
    /// Bytes that no alphabet of digests has.
    private(set) var others = 0
    private var lettersBeyondHexadecimal = 0
    private var vowels = 0
    private var consonantRun = 0
    private var longestConsonantRun = 0
    private var wordPieces = 0
    private var numberPieces = 0
    private var shortestWord = Int.max
    private var capitalPieces = 0
    private var isUnspeakable = false
    private var previous: UInt8 = 0
    private var piece = Piece.none
    private var pieceLength = 0

    private enum Piece { case none, number, capitals, word }

    /// One pass over `bytes`; allocates nothing.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        for at in range { append(bytes[at]) }
        if piece == .none, joints > 0 { hasLooseJoint = true }
        closePiece()
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
        }
        previous = byte
    }

    private mutating func noteLetter(_ byte: UInt8) {
        if (byte | 0x20) > UInt8(ascii: "f") { lettersBeyondHexadecimal += 1 }
        if !Self.canFollow(byte | 0x20, pieceLength > 1 ? previous | 0x20 : 0) { isUnspeakable = true }
        if TokenByte.isVowel(byte) {
            vowels += 1
            consonantRun = 0
        } else {
            consonantRun += 1
            longestConsonantRun = max(longestConsonantRun, consonantRun)
        }
    }

    /// Whether a language that writes Latin letters is likely to put a letter after another one, or first in a word (after 0).
    /// Only the five rare letters say much: one random token in three has one of them in the wrong company.
    private static func canFollow(_ letter: UInt8, _ previous: UInt8) -> Bool {
        if letter == UInt8(ascii: "x") { return previous != 0 && TokenByte.isVowel(previous) }
        switch previous {
        case UInt8(ascii: "q"): return letter == UInt8(ascii: "u")
        case UInt8(ascii: "j"), UInt8(ascii: "v"): return TokenByte.isVowel(letter)
        case UInt8(ascii: "z"): return TokenByte.isVowel(letter) || letter == UInt8(ascii: "z") || letter == UInt8(ascii: "l")
        default: return true
        }
    }

    private mutating func openPiece(_ next: Piece) {
        closePiece()
        piece = next
        pieceLength = 0
    }

    private mutating func closePiece() {
        switch piece {
        case .none: break
        case .number: numberPieces += 1
        case .word, .capitals:
            wordPieces += 1
            if piece == .capitals { capitalPieces += 1 }
            shortestWord = min(shortestWord, pieceLength)
        }
        if piece != .word && piece != .capitals { consonantRun = 0 }
    }

    var letters: Int { lowers + uppers }

    /// Only hexadecimal digits, letters in one case: tools write digests in one case.
    var isHexadecimal: Bool {
        joints == 0 && others == 0 && lettersBeyondHexadecimal == 0 && (lowers == 0 || uppers == 0)
    }

    /// Mixes letters with digits or cases as no word, number or word with a number does.
    var isMixed: Bool {
        let pieces = wordPieces + numberPieces
        if pieces <= 1 { return false }
        if pieces == 2 && numberPieces == 1 { return false }
        // Capitals beside words, as in `exeeJQEP`, are no one's spelling.
        if capitalPieces > 0 && lowers > 0 { return true }
        return shortestWord < 3 || numberPieces > 1
    }

    /// Words that could be spoken, perhaps with a number after them. Of eight random letters about one in six passes.
    var isPronounceable: Bool {
        !isMixed && joints == 0 && letters > 0 && !isUnspeakable && vowels * 5 >= letters && longestConsonantRun <= 4
            && (numberPieces == 0 || piece == .number)
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
