// Pages are read with a real parser (gumbo), since what is an element or an attribute at all depends on what came before:
// a `<` in a script, a title or a comment is none, and a name may be broken in many ways that browsers mend in one. The parser
// gives offsets, so an edit is a span of the original bytes.
//
//     <img src="a.png" srcset="b.png 2x">   attributes                          HTMLRoles
//     <style>…</style> style="…"            style sheets                        CSSReader
//     <script>…</script>                    scripts, modules, import maps       JavaScriptReader, ImportMapReader
//     <svg><use href="s.svg#i">             foreign elements                    SVGRoles
//
// Comments (also those that old browsers took for conditions), JSON-LD and speculation rules are not touched. The content of
// `template` and `noscript` is read like any other.

import CGumbo

/// Finds what a page refers to. Safe to call from several threads at once.
package enum HTMLReader {
    /// Reads a page.
    ///
    /// - Parameter bytes: the whole file, in any encoding that holds ASCII.
    /// - Returns: every URL that may name a file, in the order of the file. A page that is nested too deep
    ///   (`HTMLDepth.limit`) or in UTF-16 has one fault and no references.
    package static func read(_ bytes: [UInt8]) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: 0..<bytes.count) else {
            return Reading(faults: [.init(offset: 0, message: "page is in UTF-16; only encodings that hold ASCII can be read")])
        }
        if let offset = HTMLDepth.excess(in: bytes) {
            return Reading(faults: [
                .init(offset: offset, message: "elements are nested more than \(HTMLDepth.limit) deep here; the page is left as it is")
            ])
        }
        var scan = HTMLScan(bytes)
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.bindMemory(to: CChar.self).baseAddress else { return }
            guard let output = tandem_gumbo_parse(base, buffer.count) else { return }
            defer { tandem_gumbo_free(output) }
            scan.take(output.pointee.document, base: base)
        }
        return scan.finish()
    }
}
