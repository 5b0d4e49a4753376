/// `host [":" port]` (RFC 3986 §3.2.2, §3.2.3) without user information, which RFC 9110 §4.2.4 wants treated as an error.
///
/// A site is chosen by these bytes here and perhaps by another server in front: what the two could read differently is no
/// authority. Left out: `IPvFuture`, which nobody speaks.
enum Authority {
    @inline(__always)
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>, needsPort: Bool = false) -> Bool {
        var at = 0
        while at < bytes.count, ByteClass.isRegisteredName(bytes[at]) { at += 1 }
        if at == bytes.count { return at > 0 && !needsPort }
        return isValidSlowly(bytes, at, needsPort)
    }

    /// - Parameter start: so many bytes belong to a registered name.
    private static func isValidSlowly(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ needsPort: Bool) -> Bool {
        var at = start
        if at == 0, bytes[0] == UInt8(ascii: "[") {
            at = 1
            var colons = 0
            while at < bytes.count, ByteClass.isHexadecimal(bytes[at]) || bytes[at] == UInt8(ascii: ":") || bytes[at] == UInt8(ascii: ".") {
                if bytes[at] == UInt8(ascii: ":") { colons += 1 }
                at += 1
            }
            guard colons >= 2, at < bytes.count, bytes[at] == UInt8(ascii: "]") else { return false }
            at += 1
        } else {
            while at < bytes.count {
                if ByteClass.isRegisteredName(bytes[at]) {
                    at += 1
                } else if bytes[at] == UInt8(ascii: "%") {
                    guard at + 2 < bytes.count, ByteClass.isHexadecimal(bytes[at + 1]), ByteClass.isHexadecimal(bytes[at + 2]) else {
                        return false
                    }
                    at += 3
                } else {
                    break
                }
            }
            if at == 0 { return false }
        }
        if at == bytes.count { return !needsPort }
        guard bytes[at] == UInt8(ascii: ":") else { return false }
        let digits = bytes[(at + 1)...]
        return digits.count <= 5 && digits.count >= (needsPort ? 1 : 0) && digits.allSatisfy { $0 &- 0x30 < 10 }
    }
}
