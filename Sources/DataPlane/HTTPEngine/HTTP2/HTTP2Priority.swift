/// How urgent an answer is to its client (RFC 9218 §4): from the request's `Priority` field or a PRIORITY_UPDATE frame.
struct HTTP2Priority: Hashable, Sendable {
    /// 0 is first, 7 last.
    var urgency: UInt8 = 3
    /// Whether its pieces are of use before its end: then it shares with others of its urgency.
    var isIncremental = false

    init() {}

    /// Reads a dictionary of structured fields (RFC 8941 §3.2) as far as it is of use: `u` and `i`. What is unknown or
    /// malformed counts as not sent (RFC 9218 §5).
    init(_ value: UnsafeBufferPointer<UInt8>) {
        ListTokens.forEach(value) { member in
            // Parameters say nothing here.
            let item = member.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
            guard item.count == member.count || member[item.endIndex...].contains(UInt8(ascii: ";")) else { return }
            if item.elementsEqual("i".utf8) || item.elementsEqual("i=?1".utf8) {
                isIncremental = true
            } else if item.elementsEqual("i=?0".utf8) {
                isIncremental = false
            } else if item.count == 3, item.starts(with: "u=".utf8), let digit = item.last, digit &- 0x30 < 8 {
                urgency = digit - 0x30
            }
        }
    }
}
