extension Fingerprint {
    /// The fewest and the most characters of a hexadecimal token: fewer prove nothing, SHA-512 has 128.
    private static let hexadecimalCount = 8...128
    /// What Rollup, Vite, Parcel, esbuild and Rails write where nobody asks for another length.
    private static let usualCount = 8
    /// Lengths that some builds choose for tokens in wider alphabets.
    private static let chosenCount = 9...22

    /// Looks for a token in the last segment of a path.
    ///
    /// The segment is cut at its dots, and the pieces before the extension are tried from the right, so that chains such as
    /// `.js.map`, `.chunk.js` and `.js.LICENSE.txt` need no list. A token that mixes its characters is preferred to one that may
    /// be a word. A name without an extension has none: `/orders/65b61c1a9d3a4b5c` is an address of an application.
    /// - Parameter path: UTF-8, without the query, with or without a leading slash.
    /// - Returns: nil where no part has the shape. Cost: a few passes over the last segment, 0.1–0.45 µs (release build, mean of a
    ///   million rounds); allocates nothing.
    package init?(in path: UnsafeBufferPointer<UInt8>) {
        guard path.count < Int(Int32.max), let found = Self.find(in: path) else { return nil }
        self = found
    }

    package init?(in path: String) {
        var path = path
        guard let found = path.withUTF8({ Fingerprint(in: $0) }) else { return nil }
        self = found
    }

    /// Whether a name is to be treated as fingerprinted while no release has it: it has the shape and is not always a document.
    package static func isSuspected(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let found = Fingerprint(in: path) else { return false }
        return !DocumentName.isAlways(path, fingerprint: found)
    }

    package static func isSuspected(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isSuspected($0) }
    }

    private static func find(in path: UnsafeBufferPointer<UInt8>) -> Fingerprint? {
        var base = path.count
        while base > 0, path[base - 1] != UInt8(ascii: "/") { base -= 1 }
        guard let extensionDot = extensionDot(in: path, from: base) else { return nil }

        var fallback: Fingerprint?
        var end = extensionDot
        while true {
            var start = end
            while start > base, path[start - 1] != UInt8(ascii: ".") { start -= 1 }
            if let found = find(in: path, segment: start..<end, isFirst: start == base) {
                if found.isMixed || found.isLongHexadecimal { return found }
                if fallback == nil { fallback = found }
            }
            guard start > base else { break }
            end = start - 1
        }
        return fallback ?? buildFolder(in: path, base: base)
    }

    /// The last dot, if what follows it can be an extension: at most eleven letters and digits, one of them a letter.
    private static func extensionDot(in path: UnsafeBufferPointer<UInt8>, from base: Int) -> Int? {
        var at = path.count
        var letters = 0
        while at > base, path.count - at <= PackedWord.maximumCount {
            at -= 1
            let byte = path[at]
            if byte == UInt8(ascii: ".") { return letters > 0 && at > base ? at : nil }
            guard TokenByte.isAlphanumeric(byte) else { return nil }
            if !TokenByte.isDigit(byte) { letters += 1 }
        }
        return nil
    }

    /// Tries one piece between dots: the whole of it, then what follows its last `-` or `_`, then what leads it.
    private static func find(in path: UnsafeBufferPointer<UInt8>, segment: Range<Int>, isFirst: Bool) -> Fingerprint? {
        guard segment.count >= usualCount else { return nil }
        if let whole = isFirst ? bareStem(in: path, segment) : accept(path, segment, .dot) { return whole }

        // Letters and digits at the end, as far as they go.
        var run = segment.upperBound
        while run > segment.lowerBound, TokenByte.isAlphanumeric(path[run - 1]) { run -= 1 }
        if run > segment.lowerBound, TokenByte.isJoint(path[run - 1]),
            !isUUID(path, endingAt: segment.upperBound, from: segment.lowerBound),
            let tail = accept(path, run..<segment.upperBound, form(of: path[run - 1]))
        {
            return tail
        }
        // Rollup's tokens may hold the separators themselves: `index-CFMf5_ez.js`.
        let usual = segment.upperBound - usualCount
        if run > usual, usual > segment.lowerBound, TokenByte.isJoint(path[usual - 1]),
            let tail = accept(path, usual..<segment.upperBound, form(of: path[usual - 1]))
        {
            return tail
        }
        return isFirst ? leading(in: path, segment) : nil
    }

    private static func form(of joint: UInt8) -> Form { joint == UInt8(ascii: "-") ? .dash : .underscore }

    /// Decides whether a range that is parted from the rest by a separator has the shape of a token.
    private static func accept(_ path: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ form: Form) -> Fingerprint? {
        guard hexadecimalCount.contains(range.count) else { return nil }
        let texture = TokenTexture(path, range)
        guard texture.others == 0, !isDate(path, range), !isSizeOfImage(path, range, texture) else { return nil }
        let isToken: Bool
        if texture.letters == 0 {
            // Eight random digits are all decimal in 2 % of names. Ten are a time in seconds, more an identity.
            isToken = texture.joints == 0 && form != .underscore && (range.count == 8 || range.count == 12)
        } else if texture.isHexadecimal {
            isToken = texture.digits > 0 || (range.count < 16 && form != .underscore)
        } else if range.count == usualCount {
            isToken = texture.isMixed || (form != .underscore && (texture.joints == 0 || texture.hasRandomJoint))
        } else {
            isToken = chosenCount.contains(range.count) && texture.isMixed && texture.digits > 0 && texture.joints == 0
        }
        guard isToken else { return nil }
        return Fingerprint(token: range, form: form, separator: path[range.lowerBound - 1], texture: texture)
    }

    /// A stem that is a token from end to end: hexadecimal anywhere, Rollup's alphabet only in folders where nothing else is.
    private static func bareStem(in path: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Fingerprint? {
        guard hexadecimalCount.contains(range.count) else { return nil }
        let texture = TokenTexture(path, range)
        guard texture.others == 0, !isDate(path, range) else { return nil }
        if texture.isHexadecimal, texture.letters > 0, texture.digits > 0 {
            return Fingerprint(token: range, form: .bareStem, separator: 0, texture: texture)
        }
        guard range.count == usualCount, texture.isMixed || (texture.joints == 0 && !texture.isPronounceable && texture.letters > 0),
            isInImmutableFolder(path, before: range.lowerBound)
        else { return nil }
        return Fingerprint(token: range, form: .immutableFolder, separator: 0, texture: texture)
    }

    /// Next's fonts: a long hexadecimal token, then flags.
    private static func leading(in path: UnsafeBufferPointer<UInt8>, _ segment: Range<Int>) -> Fingerprint? {
        var end = segment.lowerBound
        while end < segment.upperBound, TokenByte.isAlphanumeric(path[end]) { end += 1 }
        guard end < segment.upperBound, TokenByte.isJoint(path[end]), end - segment.lowerBound >= 16 else { return nil }
        let range = segment.lowerBound..<end
        guard hexadecimalCount.contains(range.count) else { return nil }
        let found = Fingerprint(token: range, form: .leading, separator: path[end], texture: TokenTexture(path, range))
        return found.isLongHexadecimal ? found : nil
    }
}
