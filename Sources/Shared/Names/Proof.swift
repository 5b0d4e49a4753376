import Model

/// Whether the digest in a file name recomputes from the content.
///
/// Proof needs no shape: any run of at least eight hexadecimal digits between separators of the last segment may be the prefix of
/// a digest, a bare stem (`1cb1c39ea642f26a4dfe.woff`) and a name without an extension included. Eight digits meet a digest by
/// chance once in four thousand million names.
package enum Proof {
    /// The fewest digits that prove anything.
    package static let minimumDigits = 8

    /// The hash of which the name carries a prefix; nil where the name proves nothing.
    /// - Parameter path: the name without its query, in UTF-8.
    package static func find(in path: UnsafeBufferPointer<UInt8>, _ digests: ContentDigests) -> DigestKind? {
        var end = path.count
        while end > 0, path[end - 1] != UInt8(ascii: "/") {
            guard TokenByte.isAlphanumeric(path[end - 1]) else {
                end -= 1
                continue
            }
            var start = end
            var isHexadecimal = true
            while start > 0, TokenByte.isAlphanumeric(path[start - 1]) {
                start -= 1
                isHexadecimal = isHexadecimal && Hexadecimal.value(path[start]) != nil
            }
            if isHexadecimal, end - start >= minimumDigits {
                let digits = UnsafeBufferPointer(rebasing: path[start..<end])
                for kind in DigestKind.allCases where digests.withBytes(of: kind, { isPrefix(digits, of: $0) }) { return kind }
            }
            end = start
        }
        return nil
    }

    package static func find(in path: String, _ digests: ContentDigests) -> DigestKind? {
        var path = path
        return path.withUTF8 { find(in: $0, digests) }
    }

    private static func isPrefix(_ digits: UnsafeBufferPointer<UInt8>, of digest: UnsafeRawBufferPointer) -> Bool {
        guard digits.count <= digest.count * 2 else { return false }
        for (at, digit) in digits.enumerated() {
            let byte = digest[at >> 1]
            guard Hexadecimal.value(digit) == (at & 1 == 0 ? byte >> 4 : byte & 15) else { return false }
        }
        return true
    }
}
