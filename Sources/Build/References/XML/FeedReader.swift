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
