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
