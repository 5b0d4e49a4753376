/// Where something stands in a file, as editors count: lines and columns from 1.
package struct Position: Hashable, Sendable {
    package var line: Int
    /// In characters, not bytes; bytes that are no UTF-8 count one each.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// - Parameter offset: within the bytes, or at their end. Cost: linear in the offset.
    init(of offset: Int, in bytes: [UInt8]) {
        var line = 1
        var start = 0
        let end = min(offset, bytes.count)
        var at = 0
        while at < end {
            if bytes[at] == 0x0A || (bytes[at] == 0x0D && !(at + 1 < bytes.count && bytes[at + 1] == 0x0A)) {
                line += 1
                start = at + 1
            }
            at += 1
        }
        // A byte order mark is not seen.
        if line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]), end >= 3 { start = 3 }
        self.init(line: line, column: 1 + bytes[min(start, end)..<end].count { $0 & 0xC0 != 0x80 })
    }
}
