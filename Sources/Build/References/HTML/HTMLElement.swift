import CGumbo

/// An element of the parser's tree.
struct HTMLElement {
    let element: GumboElement
    let base: UnsafePointer<CChar>
    let bytes: [UInt8]

    var isForeign: Bool { element.tag_namespace != GUMBO_NAMESPACE_HTML }
    var isSVG: Bool { element.tag_namespace == GUMBO_NAMESPACE_SVG }

    /// In lower case, without a prefix; the parser has names for HTML's elements only.
    var name: String {
        if element.tag != GUMBO_TAG_UNKNOWN { return String(cString: gumbo_normalized_tagname(element.tag)) }
        var piece = element.original_tag
        guard piece.length > 0 else { return "" }
        gumbo_tag_from_original_text(&piece)
        return String(decoding: UnsafeRawBufferPointer(start: piece.data, count: piece.length), as: UTF8.self).lowercased()
    }

    /// Gives each attribute's name (lower case but for SVG's own; without `xlink:`) and record.
    func forEachAttribute(_ body: (UnsafePointer<CChar>, GumboAttribute) -> Void) {
        for index in 0..<Int(element.attributes.length) {
            guard let raw = element.attributes.data[index] else { continue }
            let attribute = raw.assumingMemoryBound(to: GumboAttribute.self).pointee
            body(attribute.name, attribute)
        }
    }

    func attribute(_ name: String) -> HTMLAttribute? {
        var attributes = element.attributes
        guard let found = gumbo_get_attribute(&attributes, name) else { return nil }
        return HTMLAttribute(found.pointee, base: base, bytes: bytes)
    }

    func has(_ name: String) -> Bool {
        var attributes = element.attributes
        return gumbo_get_attribute(&attributes, name) != nil
    }

    /// The value in lower case, or nothing.
    func word(_ name: String) -> String {
        attribute(name)?.text.lowercased() ?? ""
    }

    /// The bytes between the start tag and the end tag, or the end of the file where there is no end tag.
    var content: Range<Int>? {
        guard let tag = element.original_tag.data, element.original_tag.length > 0 else { return nil }
        let start = tag - base + element.original_tag.length
        var end = bytes.count
        if let endTag = element.original_end_tag.data, element.original_end_tag.length > 0 { end = endTag - base }
        guard start >= 0, start <= end, end <= bytes.count else { return nil }
        return start..<end
    }
}
