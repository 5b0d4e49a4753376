/// Reads an XML language whose references stand in attributes and in the text of elements.
enum XMLReader {
    static let utf16 = Reading(faults: [.init(offset: 0, message: "text is in UTF-16; only encodings that hold ASCII can be read")])

    /// - Parameter take: called at each start tag; gives the role of the element's text, if that is a URL.
    static func read(_ bytes: [UInt8], _ take: (XMLScan.Element, inout XMLScan) -> Reference.Role?) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: 0..<bytes.count) else { return utf16 }
        var scan = XMLScan(bytes)
        var role: Reference.Role?
        var isOutermost = true
        while let token = scan.next() {
            switch token {
            case .start(let name, let attributes, let isEmpty):
                let element = scan.element(name, attributes, isEmpty: isEmpty)
                if isOutermost { scan.setBase(scan.value("xml:base", of: element)) }
                isOutermost = false
                role = take(element, &scan)
                if isEmpty { role = nil }
            case .end: role = nil
            case .text(let range):
                if let role { scan.add(range, role, .xmlText) }
            case .characterData(let range):
                if let role { scan.add(range, role, nil) }
            case .instruction(let target, let content): scan.addStyleSheet(target, content)
            }
        }
        return scan.finish()
    }
}

extension XMLScan {
    func attribute(_ name: String, of element: Element) -> XMLToken.Attribute? {
        element.attributes.first { bytes[$0.name].elementsEqual(name.utf8) }
    }

    mutating func add(_ name: String, of element: Element, _ role: Reference.Role) {
        if let attribute = attribute(name, of: element) { add(attribute, role) }
    }

    /// `<?xml-stylesheet type="text/css" href="a.css"?>` (W3C xml-stylesheet).
    mutating func addStyleSheet(_ target: Range<Int>, _ content: Range<Int>) {
        guard bytes[target].elementsEqual("xml-stylesheet".utf8) else { return }
        // Its pseudo-attributes are written as those of a tag.
        var position = content.lowerBound
        while let equals = bytes[position..<content.upperBound].firstIndex(of: UInt8(ascii: "=")) {
            let name = bytes.trimmed(position..<equals)
            guard let start = bytes[equals..<content.upperBound].firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }),
                let end = bytes[(start + 1)..<content.upperBound].firstIndex(of: bytes[start])
            else { return }
            if bytes[name].elementsEqual("href".utf8) { add(start + 1..<end, .styleSheet, .xmlAttribute(quote: bytes[start])) }
            position = end + 1
        }
    }
}
