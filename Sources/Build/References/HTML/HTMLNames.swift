import CGumbo

/// Named character references. The parser has the table of 2,231 names and gives no way to it but parsing.
enum HTMLNames {
    /// What a name stands for in an attribute, in UTF-8.
    /// - Parameter name: the bytes behind the ampersand, with the semicolon if there is one.
    /// - Returns: nil if it is no name.
    static func text(of name: Range<Int>, in bytes: [UInt8]) -> [UInt8]? {
        let word = bytes[name]
        if word.elementsEqual("amp;".utf8) { return [UInt8(ascii: "&")] }
        if word.elementsEqual("quot;".utf8) { return [UInt8(ascii: "\"")] }
        let page = Array("<p id=\"&".utf8) + word + Array("\">".utf8)
        return page.withUnsafeBytes { buffer -> [UInt8]? in
            guard let base = buffer.bindMemory(to: CChar.self).baseAddress else { return nil }
            guard let output = tandem_gumbo_parse(base, buffer.count) else { return nil }
            defer { tandem_gumbo_free(output) }
            guard let value = firstAttribute(under: output.pointee.root) else { return nil }
            let text = Array(String(cString: value).utf8)
            return text.elementsEqual([UInt8(ascii: "&")] + word) ? nil : text
        }
    }

    private static func firstAttribute(under root: UnsafeMutablePointer<GumboNode>) -> UnsafePointer<CChar>? {
        var open = [root]
        while let node = open.popLast() {
            guard node.pointee.type == GUMBO_NODE_ELEMENT else { continue }
            let element = node.pointee.v.element
            if element.attributes.length > 0, let raw = element.attributes.data[0] {
                return raw.assumingMemoryBound(to: GumboAttribute.self).pointee.value
            }
            for index in 0..<Int(element.children.length) {
                if let child = element.children.data[index] { open.append(child.assumingMemoryBound(to: GumboNode.self)) }
            }
        }
        return nil
    }
}
