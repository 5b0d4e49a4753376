import CGumbo

/// One walk over the parser's tree.
struct HTMLScan {
    private let bytes: [UInt8]
    private var reading = Reading()

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func take(_ document: UnsafeMutablePointer<GumboNode>, base: UnsafePointer<CChar>) {
        var open = [document]
        while let node = open.popLast() {
            let children: GumboVector
            switch node.pointee.type {
            case GUMBO_NODE_DOCUMENT: children = node.pointee.v.document.children
            case GUMBO_NODE_ELEMENT, GUMBO_NODE_TEMPLATE:
                take(HTMLElement(element: node.pointee.v.element, base: base, bytes: bytes))
                children = node.pointee.v.element.children
            default: continue
            }
            for index in stride(from: Int(children.length) - 1, through: 0, by: -1) {
                if let child = children.data[index] { open.append(child.assumingMemoryBound(to: GumboNode.self)) }
            }
        }
    }

    /// The tree is not always in the order of the file (what stands wrongly in a table is moved before it), and shows an
    /// element twice whose end tag stood in the wrong place (`<b><p></b>`): the first counts.
    consuming func finish() -> Reading {
        reading.references.sort { ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound) }
        var end = 0
        reading.references.removeAll { reference in
            if reference.span.lowerBound < end { return true }
            end = max(end, reference.span.upperBound)
            return false
        }
        reading.faults.sort { $0.offset < $1.offset }
        return reading
    }

    private mutating func take(_ element: HTMLElement) {
        guard element.element.attributes.length > 0 || element.element.children.length > 0 else { return }
        let name = element.name
        if element.element.attributes.length > 0 {
            if !element.isForeign, name == "base", reading.base == nil { reading.base = element.attribute("href")?.text }
            takeAttributes(element, name)
        }
        switch name {
        case "style": takeStyle(element)
        case "script": takeScript(element)
        default: break
        }
    }

    // MARK: Attributes

    private mutating func takeAttributes(_ element: HTMLElement, _ name: String) {
        element.forEachAttribute { key, raw in
            // Nearly all attributes are `class`, `id` and their like: cheaply passed over.
            guard let attribute = HTMLAttribute(raw, base: element.base, bytes: bytes) else { return }
            let key = String(cString: key)
            if key == "style" {
                takeCSS(attribute)
            } else if element.isForeign {
                takeForeign(attribute, key, element, name)
            } else if let kind = HTMLRoles.kind(of: key, on: name, value: element.word) {
                take(attribute, kind, element, name)
            }
        }
    }

    private mutating func takeForeign(_ attribute: HTMLAttribute, _ key: String, _ element: HTMLElement, _ name: String) {
        if key == "href" {
            let role = element.isSVG ? SVGRoles.href(on: name, type: element.word("type")) : .page
            takeURL(attribute, role, nil)
        } else if element.isSVG, SVGRoles.isPresentation(key) {
            takeCSS(attribute)
        }
    }

    private mutating func take(_ attribute: HTMLAttribute, _ kind: HTMLRoles.Kind, _ element: HTMLElement, _ name: String) {
        switch kind {
        case .url(let role): takeURL(attribute, role, name == "script" || name == "link" ? element : nil)
        case .sourceSet(let role):
            takeParts(attribute, role, .sourceSet) { SourceSet.urls(in: $0, $1) }
        case .refresh:
            takeParts(attribute, .page, .refresh) { bytes, range in Refresh.url(in: bytes, range).map { [$0] } ?? [] }
        }
    }

    private mutating func takeURL(_ attribute: HTMLAttribute, _ role: Reference.Role, _ holder: HTMLElement?) {
        let span = bytes.trimmed(attribute.span)
        var text = attribute.text
        if span != attribute.span || text.utf8.last.map([UInt8].isSpace) == true || text.utf8.first.map([UInt8].isSpace) == true {
            let raw = [UInt8](text.utf8)
            text = String(decoding: raw[raw.trimmed(0..<raw.count)], as: UTF8.self)
        }
        guard canNameFile(text) else { return }
        reading.references.append(
            Reference(
                span: span, target: text, role: role, notation: attribute.notation,
                integrity: holder.flatMap { integrity($0, role, attribute) }))
    }

    private func integrity(_ element: HTMLElement, _ role: Reference.Role, _ url: HTMLAttribute) -> Reference.IntegritySlot? {
        guard [.script, .module, .styleSheet, .preload].contains(role) else { return nil }
        guard element.has("integrity") else { return .absent(insertAt: url.end) }
        return (element.attribute("integrity")?.span).map(Reference.IntegritySlot.value)
    }

    /// An attribute that holds URLs among other things.
    private mutating func takeParts(
        _ attribute: HTMLAttribute, _ role: Reference.Role, _ notation: Reference.Notation,
        _ find: ([UInt8], Range<Int>) -> [Range<Int>]
    ) {
        let mapped = mapped(attribute)
        for part in find(mapped?.bytes ?? bytes, mapped.map { 0..<$0.bytes.count } ?? attribute.span) {
            let text = String(decoding: (mapped?.bytes ?? bytes)[part], as: UTF8.self)
            guard canNameFile(text) else { continue }
            guard let span = mapped.map({ $0.span(of: part) }) ?? part else {
                reading.fault(at: attribute.span.lowerBound, MappedText.openReference)
                continue
            }
            reading.references.append(Reference(span: span, target: text, role: role, notation: [notation] + attribute.notation))
        }
    }

    /// The text of a value that holds character references.
    private func mapped(_ attribute: HTMLAttribute) -> MappedText? {
        guard bytes[attribute.span].contains(UInt8(ascii: "&")) else { return nil }
        return MappedText(bytes, attribute.span) { HTMLNames.text(of: $0, in: bytes) }
    }

    // MARK: Other languages

    private mutating func take(_ inner: Reading) {
        for reference in inner.references {
            // `<!--` and `<script` decide where a script ends (HTML §13.2.5.16): without them the page would read otherwise.
            if bytes[reference.span].contains(UInt8(ascii: "<")) {
                reading.fault(at: reference.span.lowerBound, "URL holds the beginning of a tag")
            } else {
                reading.references.append(reference)
            }
        }
        for fault in inner.faults { reading.fault(at: fault.offset, fault.message) }
    }

    private mutating func takeCSS(_ attribute: HTMLAttribute) {
        // Most have no URL; `u` may be written as an escape.
        guard bytes[attribute.span].contains(where: { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "&") }) else { return }
        if let mapped = mapped(attribute) {
            take(mapped.placed(CSSReader.readDeclarations(mapped.bytes, in: 0..<mapped.bytes.count, notation: attribute.notation)))
        } else {
            take(CSSReader.readDeclarations(bytes, in: attribute.span, notation: attribute.notation))
        }
    }

    private mutating func takeStyle(_ element: HTMLElement) {
        guard let content = text(of: element) else { return }
        let type = element.word("type")
        guard type.isEmpty || type.hasPrefix("text/css") else { return }
        take(CSSReader.read(bytes, in: content))
    }

    private mutating func takeScript(_ element: HTMLElement) {
        guard !element.has("src"), !(element.isForeign && element.has("href")), let content = text(of: element) else { return }
        switch HTMLRoles.scriptType(element.word("type")) {
        case .classic, .module: take(JavaScriptReader.read(bytes, in: content))
        case .importMap: take(ImportMapReader.read(bytes, in: content))
        case .data: break
        }
    }

    /// The text of a style or script element. In foreign content it is markup: only what means itself there is read.
    private func text(of element: HTMLElement) -> Range<Int>? {
        guard let content = element.content, !content.isEmpty else { return nil }
        guard element.isForeign else { return content }
        let inner = bytes.trimmed(content)
        let isCharacterData = bytes.starts(with: "<![CDATA[", at: inner.lowerBound, before: inner.upperBound)
        if isCharacterData, inner.count >= 12, bytes.starts(with: "]]>", at: inner.upperBound - 3, before: inner.upperBound) {
            return inner.lowerBound + 9..<inner.upperBound - 3
        }
        return bytes[content].contains { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") } ? nil : content
    }
}
