/// What the readers of XML languages share: names without prefixes, values with their references undone, and the reading so far.
struct XMLScan {
    let bytes: [UInt8]
    private var tokens: XMLTokenizer
    private(set) var reading = Reading()
    /// Prefixes that stand for XLink, whose `href` is a reference on any element.
    private var linkPrefixes: Set<String> = ["xlink"]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tokens = XMLTokenizer(bytes)
    }

    /// A start tag, its name in lower case and without prefix.
    struct Element {
        var name: String
        /// As written: `image:loc`, `itunes`.
        var prefix: String
        var attributes: [XMLToken.Attribute]
        var isEmpty: Bool
    }

    mutating func next() -> XMLToken? { tokens.next() }

    consuming func finish() -> Reading {
        if let fault = tokens.fault { reading.fault(at: fault.offset, fault.message) }
        reading.references.sort { $0.span.lowerBound < $1.span.lowerBound }
        return reading
    }

    // MARK: Names

    func name(_ range: Range<Int>) -> (prefix: String, local: String) {
        guard let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")) else { return ("", text(range)) }
        return (text(range.lowerBound..<colon), text(colon + 1..<range.upperBound))
    }

    /// The element, once the prefixes that it declares are noted.
    mutating func element(_ name: Range<Int>, _ attributes: [XMLToken.Attribute], isEmpty: Bool) -> Element {
        for attribute in attributes where bytes.starts(with: "xmlns:", at: attribute.name.lowerBound, before: attribute.name.upperBound) {
            guard text(attribute.value) == "http://www.w3.org/1999/xlink" else { continue }
            linkPrefixes.insert(text(attribute.name.lowerBound + 6..<attribute.name.upperBound))
        }
        let (prefix, local) = self.name(name)
        return Element(name: local.lowercased(), prefix: prefix, attributes: attributes, isEmpty: isEmpty)
    }

    func isLink(_ attribute: XMLToken.Attribute) -> Bool {
        let (prefix, local) = name(attribute.name)
        return local == "href" && (prefix.isEmpty || linkPrefixes.contains(prefix))
    }

    /// The value of an attribute, by its whole name.
    func value(_ name: String, of element: Element) -> String? {
        element.attributes.first { bytes[$0.name].elementsEqual(name.utf8) }.map { decoded($0.value) }
    }

    // MARK: References

    mutating func add(_ attribute: XMLToken.Attribute, _ role: Reference.Role) {
        add(attribute.value, role, .xmlAttribute(quote: attribute.quote))
    }

    mutating func add(_ range: Range<Int>, _ role: Reference.Role, _ notation: Reference.Notation?) {
        let span = bytes.trimmed(range)
        guard !span.isEmpty else { return }
        let target = notation == nil ? text(span) : decoded(span)
        guard canNameFile(target) else { return }
        reading.references.append(Reference(span: span, target: target, role: role, notation: notation.map { [$0] } ?? []))
    }

    /// `xml:base` of the outermost element.
    mutating func setBase(_ base: String?) {
        reading.base = base
    }

    /// Reads declarations (a `style` attribute) or a property's value.
    mutating func addDeclarations(_ attribute: XMLToken.Attribute) {
        let outer: [Reference.Notation] = [.xmlAttribute(quote: attribute.quote)]
        add(attribute.value, isDecoded: true) { CSSReader.readDeclarations($0, in: $1, notation: outer) }
    }

    /// Reads text in another language.
    /// - Parameter isDecoded: character references stand for characters; not so in CDATA sections.
    mutating func add(_ range: Range<Int>, isDecoded: Bool, _ read: ([UInt8], Range<Int>) -> Reading) {
        let inner: Reading
        if isDecoded, bytes[range].contains(UInt8(ascii: "&")) {
            let mapped = MappedText(bytes, range) { XMLNames.text(of: $0, in: bytes) }
            inner = mapped.placed(read(mapped.bytes, 0..<mapped.bytes.count))
        } else {
            inner = read(bytes, range)
        }
        reading.references += inner.references
        for fault in inner.faults { reading.fault(at: fault.offset, fault.message) }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func decoded(_ range: Range<Int>) -> String {
        guard bytes[range].contains(UInt8(ascii: "&")) else { return text(range) }
        return String(decoding: MappedText(bytes, range) { XMLNames.text(of: $0, in: bytes) }.bytes, as: UTF8.self)
    }
}

/// The five names that XML has without a document type (XML 1.0 §4.6).
enum XMLNames {
    static func text(of name: Range<Int>, in bytes: [UInt8]) -> [UInt8]? {
        switch String(decoding: bytes[name], as: UTF8.self) {
        case "amp;": [UInt8(ascii: "&")]
        case "lt;": [UInt8(ascii: "<")]
        case "gt;": [UInt8(ascii: ">")]
        case "quot;": [UInt8(ascii: "\"")]
        case "apos;": [UInt8(ascii: "'")]
        default: nil
        }
    }
}
