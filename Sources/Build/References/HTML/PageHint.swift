import CGumbo

/// Something that a page fetches in any case: what a browser may be told of before it has read the page (RFC 8288, RFC 8297).
package struct PageHint: Hashable, Sendable {
    /// The address as the page has it, character references undone.
    package var target: String
    /// Parameters of a `Link` field: `rel=preload; as=style; crossorigin`.
    package var parameters: String

    package init(target: String, parameters: String) {
        self.target = target
        self.parameters = parameters
    }
}

/// Reads what a page fetches as soon as it is read: its scripts, its style sheets, and what it asks to preload itself.
///
/// A hint is of use only when the browser asks for the very same thing later, so whatever makes that doubtful is no hint: style
/// sheets for print or not in use yet, scripts for browsers without modules, images that depend on the screen, what stands in
/// `template` or `noscript`. `crossorigin` and `integrity` belong to what is asked for and come along (HTML §4.2.4.3).
package enum PageHintReader {
    /// Bytes of a page that are looked at: heads come first, and what a page fetches late is no use to know early.
    package static let readCount = 64 * 1024

    /// - Returns: in the order of the page, each once; and the page's `base href`.
    package static func read(_ bytes: [UInt8]) -> (hints: [PageHint], base: String?) {
        let bytes = bytes.count > readCount ? Array(bytes[..<readCount]) : bytes
        guard !ByteOrderMark.startsUTF16(bytes, in: 0..<bytes.count), HTMLDepth.excess(in: bytes) == nil else { return ([], nil) }
        var hints: [PageHint] = []
        var base: String?
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.bindMemory(to: CChar.self).baseAddress else { return }
            guard let output = tandem_gumbo_parse(start, buffer.count) else { return }
            defer { tandem_gumbo_free(output) }
            forEachElement(output.pointee.document, base: start, bytes) { element in
                if element.name == "base", base == nil { base = element.attribute("href")?.text }
                if let hint = hint(of: element), !hints.contains(hint) { hints.append(hint) }
            }
        }
        return (hints, base)
    }

    private static func forEachElement(
        _ document: UnsafeMutablePointer<GumboNode>, base: UnsafePointer<CChar>, _ bytes: [UInt8], _ body: (HTMLElement) -> Void
    ) {
        var open = [document]
        while let node = open.popLast() {
            let children: GumboVector
            switch node.pointee.type {
            case GUMBO_NODE_DOCUMENT: children = node.pointee.v.document.children
            case GUMBO_NODE_ELEMENT:
                let element = HTMLElement(element: node.pointee.v.element, base: base, bytes: bytes)
                if element.isForeign || element.name == "noscript" { continue }
                body(element)
                children = node.pointee.v.element.children
            default: continue
            }
            for index in stride(from: Int(children.length) - 1, through: 0, by: -1) {
                if let child = children.data[index] { open.append(child.assumingMemoryBound(to: GumboNode.self)) }
            }
        }
    }

    private static func hint(of element: HTMLElement) -> PageHint? {
        switch element.name {
        case "script": script(element)
        case "link": link(element)
        default: nil
        }
    }

    private static func script(_ element: HTMLElement) -> PageHint? {
        guard !element.has("nomodule") else { return nil }
        switch HTMLRoles.scriptType(element.word("type")) {
        case .module: return make(element, "src", "rel=modulepreload")
        case .classic: return make(element, "src", "rel=preload; as=script")
        case .importMap, .data: return nil
        }
    }

    /// What may be preloaded by name alone (Fetch, "destination").
    private static let destinations: Set<String> = ["script", "style", "font", "fetch", "image", "track"]

    private static func link(_ element: HTMLElement) -> PageHint? {
        let relations = Set(element.word("rel").split { $0.isWhitespace }.map(String.init))
        guard ["", "all", "screen"].contains(element.word("media")), !element.has("disabled") else { return nil }
        if relations.contains("stylesheet"), !relations.contains("alternate") { return make(element, "href", "rel=preload; as=style") }
        let destination = element.word("as")
        if relations.contains("modulepreload"), ["", "script"].contains(destination) { return make(element, "href", "rel=modulepreload") }
        guard relations.contains("preload"), destinations.contains(destination), !element.has("imagesrcset") else { return nil }
        let type = element.word("type")
        return make(element, "href", "rel=preload; as=\(destination)" + (isType(type) ? "; type=\"\(type)\"" : ""))
    }

    private static func make(_ element: HTMLElement, _ address: String, _ parameters: String) -> PageHint? {
        guard let target = element.attribute(address)?.text, canNameFile(target) else { return nil }
        var parameters = parameters
        if element.has("crossorigin") {
            parameters += element.word("crossorigin") == "use-credentials" ? "; crossorigin=use-credentials" : "; crossorigin"
        }
        if let integrity = element.attribute("integrity")?.text {
            // One that cannot be repeated would make the browser ask twice.
            guard isIntegrity(integrity) else { return nil }
            parameters += "; integrity=\"\(integrity)\""
        }
        return PageHint(target: target, parameters: parameters)
    }

    private static func isType(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count < 64 && text.utf8.allSatisfy { isLetterOrDigit($0) || "/+-.".utf8.contains($0) }
    }

    /// Digests in base64 with their algorithms (SRI §3.3).
    private static func isIntegrity(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count < 256 && text.utf8.allSatisfy { isLetterOrDigit($0) || "+/=- ".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
