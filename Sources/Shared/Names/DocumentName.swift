/// Names that never change with their content, whatever their shape: pages, service workers, and what outsiders look for under an
/// agreed name. Only a proof or the operator's pattern makes one of them fingerprinted.
package enum DocumentName {
    /// Agreed names, as the last segment of a path.
    private static let agreed: [StaticString] = [
        "robots.txt", "favicon.ico", "humans.txt", "ads.txt", "app-ads.txt", "security.txt", "llms.txt", "manifest.json",
        "manifest.webmanifest", "site.webmanifest", "browserconfig.xml", "crossdomain.xml", "opensearch.xml", "index.xml", "feed.xml",
        "rss.xml", "atom.xml", "feed.json", "apple-app-site-association", "asset-manifest.json", "version.json", "ngsw.json",
    ]
    /// Scripts that browsers fetch by a name they remember. A token in such a name is left out before the comparison: a service
    /// worker that changes its name would leave the old one in charge.
    private static let serviceWorkers: [StaticString] = [
        "sw.js", "sw.mjs", "service-worker.js", "service-worker.mjs", "service_worker.js", "serviceworker.js", "serviceWorker.js",
        "ngsw-worker.js", "safety-worker.js", "firebase-messaging-sw.js", "OneSignalSDKWorker.js", "OneSignalSDK.sw.js",
        "push-sw.js", "pwa-sw.js", "dev-sw.js", "registerSW.js",
    ]

    /// - Parameters:
    ///   - path: UTF-8, without the query, with or without a leading slash.
    ///   - fingerprint: what was found in `path`.
    /// - Returns: whether the name is a document by what it is called. Allocates nothing.
    package static func isAlways(_ path: UnsafeBufferPointer<UInt8>, fingerprint: Fingerprint?) -> Bool {
        if isWellKnown(path) { return true }
        let kind = PackedWord(extensionOf: path)
        if let kind, pages.contains(kind) || feeds.contains(kind) { return true }
        var base = path.count
        while base > 0, path[base - 1] != UInt8(ascii: "/") { base -= 1 }
        for name in agreed where equals(path, base..<path.count, name) { return true }
        if starts(path, base, "sitemap"), let kind, sitemaps.contains(kind) { return true }
        for name in serviceWorkers {
            if equals(path, base..<path.count, name) { return true }
            if let omitted = fingerprint?.removable, omitted.lowerBound >= base, equals(path, base..<path.count, name, omitting: omitted) {
                return true
            }
        }
        return false
    }

    package static func isAlways(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isAlways($0, fingerprint: Fingerprint(in: $0)) }
    }

    private static let pages: [PackedWord] = ["html", "htm", "xhtml", "shtml"].map { PackedWord($0) }
    private static let feeds: [PackedWord] = ["rss", "atom", "appcache"].map { PackedWord($0) }
    private static let sitemaps: [PackedWord] = ["xml", "gz", "txt", "xsl"].map { PackedWord($0) }

    private static func isWellKnown(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = path.first == UInt8(ascii: "/") ? 1 : 0
        return starts(path, start, ".well-known/")
    }

    private static func starts(_ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return path.count - start >= count && equals(path, start..<start + count, word)
    }

    private static func equals(
        _ path: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ word: StaticString, omitting omitted: Range<Int> = 0..<0
    ) -> Bool {
        guard range.count - omitted.count == word.utf8CodeUnitCount else { return false }
        var at = range.lowerBound
        for index in 0..<word.utf8CodeUnitCount {
            if at == omitted.lowerBound { at += omitted.count }
            guard path[at] == word.utf8Start[index] else { return false }
            at += 1
        }
        return true
    }
}
