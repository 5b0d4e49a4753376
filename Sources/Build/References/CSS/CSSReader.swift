// Where a URL counts in a style sheet:
//
//     @import "a.css" layer(x);             the first thing after the name, at the top of the sheet      styleSheet
//     @font-face { src: url(a.woff2) }      anywhere in the block                                        font
//     a { b: url(c.png) }                   in any other block, custom properties included               image
//     a { b: image-set("c.png" 1x) }        strings that are arguments of image-set(), image(), src()    image
//     @namespace url(n); @supports (b: url(c)) {}; @document url(d) {}
//                                           names and conditions: nothing is fetched
//
// A sheet that breaks a rule of the grammar is read on as a browser would: a bad string ends with its line, a bad URL at its
// parenthesis, an unmatched bracket is a token like any other (css-syntax-3 §5).

/// Finds what a style sheet refers to. Linear in the length; the depth of nesting costs memory, not stack.
package enum CSSReader {
    /// Reads a style sheet, alone or in a `style` element.
    ///
    /// - Parameters:
    ///   - bytes: the whole file; spans and faults are offsets into it.
    ///   - range: where the style sheet stands in it.
    ///   - outer: how text must be written to stand where the style sheet stands.
    /// - Returns: every URL, of this site or not; the caller decides which to follow.
    package static func read(_ bytes: [UInt8], in range: Range<Int>, notation outer: [Reference.Notation] = []) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: range) else {
            return Reading(faults: [.init(offset: 0, message: "style sheet is in UTF-16; only encodings that hold ASCII can be read")])
        }
        let text = ByteOrderMark.end(bytes, in: range)..<range.upperBound
        var scan = CSSScan(bytes, in: text, declarations: false, outer: outer)
        return scan.run()
    }

    /// Reads the declarations of a `style` attribute, as `read` does a style sheet.
    package static func readDeclarations(
        _ bytes: [UInt8], in range: Range<Int>, notation outer: [Reference.Notation] = []
    ) -> Reading {
        var scan = CSSScan(bytes, in: range, declarations: true, outer: outer)
        return scan.run()
    }
}
