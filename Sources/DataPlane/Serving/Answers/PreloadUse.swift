import HTTPEngine
import Manifests
import Model
import Snapshots

/// Telling clients what a page will fetch: in its own head (`Link`, RFC 8288), and where the site asks for it in a head that goes
/// out first (`103 Early Hints`, RFC 8297).
///
/// A `103` is for clients that are known to take one: over HTTP/2 all do, over HTTP/1.1 some old ones take it for the answer, so
/// there only browsers get it, when they go to a page.
enum PreloadUse {
    /// What a document's `Link` says; nil where nothing is to be said.
    static func field(_ request: ReleaseRequest, _ content: Resolution.Content, _ release: ServedRelease) -> [UInt8]? {
        guard request.site.policy.preload != .off, content.status == 200, content.choice != nil else { return nil }
        return release.preloads?.field(content.entry)
    }

    /// The field of an early head, for whoever may be sent one.
    static func hints(_ request: ReleaseRequest, _ content: Resolution.Content, _ release: ServedRelease) -> EarlyHints? {
        guard request.site.policy.preload == .early, let field = field(request, content, release) else { return nil }
        var lines = FieldLines()
        lines.add("Link", bytes: field)
        return EarlyHints(lines)
    }

    /// Whether the client of this request takes an early head.
    static func takesHints(_ exchange: Exchange) -> Bool {
        guard exchange.head.method == .get, exchange.head.minorVersion == 1 else { return false }
        if exchange.isHTTP2 { return true }
        return exchange[.secFetchMode].map { Bytes.equal($0, "navigate") } ?? false
    }
}
