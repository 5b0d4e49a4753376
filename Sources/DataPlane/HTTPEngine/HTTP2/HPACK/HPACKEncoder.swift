/// Writes header blocks that use the static table and literals without indexing only (RFC 7541 §6.1, §6.2.2): the same bytes
/// on every connection, whatever went before, so that a prepared answer's block is written once.
///
/// Left out: the dynamic table. It would save some hundred bytes a response, and cost a lookup for each field of each answer
/// and a block that is different on each connection.
enum HPACKEncoder {
    /// Says that we use no dynamic table: at the beginning of the next block when the peer has made it smaller
    /// (RFC 7541 §4.2).
    static let emptyTable: UInt8 = 0x20

    static func append(integer value: Int, prefix: Int, pattern: UInt8, to block: inout [UInt8]) {
        let mask = (1 << prefix) - 1
        if value < mask { return block.append(pattern | UInt8(value)) }
        block.append(pattern | UInt8(mask))
        var rest = value - mask
        while rest >= 128 {
            block.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        block.append(UInt8(rest))
    }

    /// A string in whichever of its two forms is shorter.
    static func append(string: some Collection<UInt8>, to block: inout [UInt8]) {
        let count = HuffmanCode.shared.encodedCount(string)
        guard count < string.count else { return append(plain: string, to: &block) }
        append(integer: count, prefix: 7, pattern: 0x80, to: &block)
        HuffmanCode.shared.encode(string, into: &block)
    }

    private static func append(plain string: some Collection<UInt8>, to block: inout [UInt8]) {
        append(integer: string.count, prefix: 7, pattern: 0, to: &block)
        block.append(contentsOf: string)
    }

    /// `:status`.
    static func append(status: UInt16, to block: inout [UInt8]) {
        switch status {
        case 200: block.append(0x88)
        case 204: block.append(0x89)
        case 206: block.append(0x8a)
        case 304: block.append(0x8b)
        case 400: block.append(0x8c)
        case 404: block.append(0x8d)
        case 500: block.append(0x8e)
        default:
            append(integer: 8, prefix: 4, pattern: 0, to: &block)
            append(plain: String(status).utf8, to: &block)
        }
    }

    /// - Parameters:
    ///   - name: in any case; written in lower case (RFC 9113 §8.2).
    ///   - isPlain: whether the value must keep its bytes: `Date`, which is patched in place.
    static func append(name: some Collection<UInt8>, value: some Collection<UInt8>, isPlain: Bool = false, to block: inout [UInt8]) {
        let lower = name.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        let index = HPACKStaticTable.index(ofName: lower) ?? 0
        append(integer: index, prefix: 4, pattern: 0, to: &block)
        if index == 0 { append(string: lower, to: &block) }
        if isPlain { append(plain: value, to: &block) } else { append(string: value, to: &block) }
    }
}
