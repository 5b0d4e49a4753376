// Feeds and sitemaps name pages and pictures, mostly by whole addresses (`https://…`): whether such an address is of this site is
// for the caller to know. HTML inside a feed (`content:encoded`, `description`) is left out: it is text, escaped in one of three
// ways, and its readers resolve addresses as they please.

/// Finds what feeds refer to: RSS 0.9x–2.0 with the modules that are in use (`media:`, `itunes:`, `atom:`), RSS 1.0, and Atom.
package enum FeedReader {
    package static func read(_ bytes: [UInt8]) -> Reading {
        XMLReader.read(bytes) { element, scan in
            switch element.name {
            case "link":
                guard let href = scan.attribute("href", of: element) else { return .page }
                let type = scan.value("type", of: element) ?? ""
                scan.add(href, linkRole(scan.value("rel", of: element) ?? "alternate", type))
            case "content":
                if let source = scan.attribute("src", of: element) { scan.add(source, .other) }
                scan.add("url", of: element, .media)
            case "enclosure", "player": scan.add("url", of: element, .media)
            case "thumbnail": scan.add("url", of: element, .image)
            case "image":
                if let href = scan.attribute("href", of: element) { scan.add(href, .image) }
            case "url", "icon", "logo": return .image
            case "comments": return .page
            default: break
            }
            return nil
        }
    }

    private static func linkRole(_ relation: String, _ type: String) -> Reference.Role {
        switch relation {
        case "self", "next", "previous", "first", "last", "current", "hub", "prev-archive": .feed
        case "enclosure": .media
        case "alternate", "related", "via", "replies":
            type.hasPrefix("application/atom") || type.hasPrefix("application/rss") ? .feed : .page
        default: .other
        }
    }
}

/// Finds what sitemaps refer to, with the extensions for pictures, videos and languages.
package enum SitemapReader {
    package static func read(_ bytes: [UInt8]) -> Reading {
        XMLReader.read(bytes) { element, scan in
            switch (element.prefix.isEmpty, element.name) {
            case (_, "link"): scan.add("href", of: element, .page)
            case (true, "loc"): return .page
            case (false, "loc"): return .image
            case (_, "thumbnail_loc"): return .image
            case (_, "content_loc"): return .media
            case (_, "player_loc"): return .page
            default: break
            }
            return nil
        }
    }
}

enum XMLReader {
    static let utf16 = Reading(faults: [.init(offset: 0, message: "text is in UTF-16; only encodings that hold ASCII can be read")])

    /// - Parameter take: called at each start tag; gives the role of the element's text, if that is a URL.
    static func read(_ bytes: [UInt8], _ take: (XMLScan.Element, inout XMLScan) -> Reference.Role?) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: 0..<bytes.count) else { return utf16 }
        var scan = XMLScan(bytes)
        var role: Reference.Role?
        while let token = scan.next() {
            switch token {
            case .start(let name, let attributes, let isEmpty):
                let element = scan.element(name, attributes, isEmpty: isEmpty)
                scan.setBase(scan.value("xml:base", of: element))
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
