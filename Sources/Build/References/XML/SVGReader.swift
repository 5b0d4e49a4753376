/// Finds what a drawing refers to: `href` and `xlink:href`, style sheets, presentation attributes with `url(…)`, scripts, and
/// the pictures of HTML inside `foreignObject`. Browsers do not know `xml:base` any more.
package enum SVGReader {
    package static func read(_ bytes: [UInt8]) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: 0..<bytes.count) else { return XMLReader.utf16 }
        var scan = XMLScan(bytes)
        /// The element whose text is to be read, if it is in another language.
        var language: Inner?
        while let token = scan.next() {
            switch token {
            case .start(let name, let attributes, let isEmpty):
                let element = scan.element(name, attributes, isEmpty: isEmpty)
                take(element, &scan)
                language = isEmpty ? nil : inner(element, scan)
            case .end: language = nil
            case .text(let range): take(range, isDecoded: true, language, &scan)
            case .characterData(let range): take(range, isDecoded: false, language, &scan)
            case .instruction(let target, let content): scan.addStyleSheet(target, content)
            }
        }
        return scan.finish()
    }

    private enum Inner { case css, javaScript }

    private static func inner(_ element: XMLScan.Element, _ scan: XMLScan) -> Inner? {
        let type = scan.value("type", of: element)?.lowercased() ?? ""
        switch element.name {
        case "style": return type.isEmpty || type == "text/css" ? .css : nil
        case "script": return HTMLRoles.scriptType(type) == .data ? nil : .javaScript
        default: return nil
        }
    }

    private static func take(_ range: Range<Int>, isDecoded: Bool, _ language: Inner?, _ scan: inout XMLScan) {
        let outer: [Reference.Notation] = isDecoded ? [.xmlText] : []
        switch language {
        case .css: scan.add(range, isDecoded: isDecoded) { CSSReader.read($0, in: $1, notation: outer) }
        case .javaScript: scan.add(range, isDecoded: isDecoded) { JavaScriptReader.read($0, in: $1, notation: outer) }
        case nil: break
        }
    }

    private static func take(_ element: XMLScan.Element, _ scan: inout XMLScan) {
        for attribute in element.attributes {
            let (prefix, name) = scan.name(attribute.name)
            if scan.isLink(attribute) {
                scan.add(attribute, SVGRoles.href(on: element.name, type: scan.value("type", of: element)?.lowercased() ?? ""))
            } else if !prefix.isEmpty {
                continue
            } else if name == "style" || SVGRoles.isPresentation(name) {
                if scan.bytes[attribute.value].contains(UInt8(ascii: "(")) { scan.addDeclarations(attribute) }
            } else if name == "src", element.name == "img" {
                scan.add(attribute, .image)
            }
        }
    }
}
