/// Decodes header blocks (RFC 7541 §3, §6), each field as a line `name: value CRLF` in memory of the caller. State belongs to
/// one connection.
///
/// A field from a table costs one copy of its line. What a block may cost is bounded by its caller: `next` writes at most
/// twice as many bytes as the block has left for a field with a literal, and one line of a table for one without.
struct HPACKDecoder: ~Copyable {
    private var table: HPACKDynamicTable
    private let fixed = HPACKStaticTable.shared

    /// - Parameter tableSize: the SETTINGS_HEADER_TABLE_SIZE of ours that the peer knows of.
    init(tableSize: Int = 4096) {
        table = HPACKDynamicTable(limit: tableSize)
    }

    var tableCount: Int { table.count }
    var tableSize: Int { table.size }

    /// Reads the size updates that may begin a block (RFC 7541 §4.2).
    mutating func begin(_ reader: inout HPACKReader) throws(HPACKError) {
        while !reader.isAtEnd, reader.byte & 0xe0 == 0x20 {
            try table.setMaximum(try reader.integer(prefix: 5))
        }
    }

    /// Decodes one field.
    /// - Parameters:
    ///   - reader: not at its end.
    ///   - output: where the line is written.
    ///   - skips: whether a field from a table may be left out: then nothing is written for it.
    @inline(__always)
    mutating func next(
        _ reader: inout HPACKReader, into output: UnsafeMutablePointer<UInt8>, skips: Bool = false
    ) throws(HPACKError) -> HPACKEntry {
        if reader.byte & 0x80 != 0 {
            let (entry, line) = try find(try reader.integer(prefix: 7))
            if !skips { output.update(from: line, count: entry.lineCount) }
            return entry
        }
        return try literal(&reader, output)
    }

    private mutating func literal(
        _ reader: inout HPACKReader, _ output: UnsafeMutablePointer<UInt8>
    ) throws(HPACKError) -> HPACKEntry {
        let isAdded = reader.byte & 0x40 != 0
        if !isAdded, reader.byte & 0x20 != 0 { throw .lateSizeUpdate }
        let index = try reader.integer(prefix: isAdded ? 6 : 4)
        let nameCount: Int
        if index == 0 {
            nameCount = try reader.string(into: output)
        } else {
            let (entry, line) = try find(index)
            nameCount = entry.nameCount
            output.update(from: line, count: nameCount)
        }
        output[nameCount] = UInt8(ascii: ":")
        output[nameCount + 1] = 0x20
        let value = output + nameCount + 2
        let valueCount = try reader.string(into: value)
        value[valueCount] = 0x0d
        value[valueCount + 1] = 0x0a
        let tag = FieldTag(UnsafeBufferPointer(start: output, count: nameCount), UnsafeBufferPointer(start: value, count: valueCount))
        let entry = HPACKEntry(start: 0, nameCount: nameCount, valueCount: valueCount, tag: tag)
        // The name may come from an entry that goes now: it is in the output already.
        if isAdded { table.add(entry, line: output) }
        return entry
    }

    @inline(__always)
    private func find(_ index: Int) throws(HPACKError) -> (HPACKEntry, UnsafePointer<UInt8>) {
        if index > HPACKStaticTable.count {
            guard let found = table.entry(index - HPACKStaticTable.count - 1) else { throw .badIndex }
            return found
        }
        guard index > 0 else { throw .badIndex }
        let entry = fixed.entry(index)
        return (entry, fixed.base + entry.start)
    }
}
