/// Reads field lines that have been parsed: they are known to be well formed.
package enum FieldLineReader {
    /// - Parameters:
    ///   - lines: from the first line to the end of the last.
    ///   - body: takes name and value, without the whitespace around it; false ends the reading.
    package static func forEach(
        in lines: RequestHead.Span, of base: UnsafePointer<UInt8>, _ body: (RequestHead.Span, RequestHead.Span) -> Bool
    ) {
        var at = Int(lines.start)
        let end = at + Int(lines.count)
        while at < end {
            let nameStart = at
            while base[at] != UInt8(ascii: ":") { at += 1 }
            let name = RequestHead.Span(nameStart, at)
            at += 1
            var valueStart = at
            while base[at] != 0x0d { at += 1 }
            var valueEnd = at
            while valueStart < valueEnd, base[valueStart] == 0x20 || base[valueStart] == 0x09 { valueStart += 1 }
            while valueEnd > valueStart, base[valueEnd - 1] == 0x20 || base[valueEnd - 1] == 0x09 { valueEnd -= 1 }
            at += 2
            guard body(name, RequestHead.Span(valueStart, valueEnd)) else { return }
        }
    }
}
