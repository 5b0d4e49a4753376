import HTTPEngine
import Manifests
import Model
import Snapshots

/// An error as Tandem itself answers it: in the words of its status, or with a page that the site has for it.
///
/// An error is remembered by nobody (`no-store`), whatever the page is elsewhere; it has no entity tag and no ranges, and no
/// cookie comes with it.
struct ErrorAnswer {
    let status: UInt16
    /// Nil: no site answers for the host.
    let site: SiteSnapshot?
    /// Position of the release whose pages are looked at; nil: none is.
    var release: Int?
    /// Whether a page may be sent: in place of a name that means one content for ever there are only words.
    var mayBePage = true
    var fields = FieldLines()

    /// - Parameter blobs: where pages of the release are.
    func make(_ exchange: Exchange, _ preference: EncodingPreference, blobs: BlobReader) -> Response {
        if let page = page(preference, blobs: blobs) {
            var more = FieldLines()
            more.add(lines: page.fields.bytes)
            if let release = page.release { more.add("X-Deployment-Id", release.hex) }
            return response(exchange, type: page.type, body: page.body, more: more)
        }
        return response(exchange, type: "text/plain; charset=utf-8", body: .bytes(Array("\(StatusLine.words(status))\n".utf8)))
    }

    /// What a site has for it.
    struct Page {
        let type: String
        /// Those about its content.
        var fields = FieldLines()
        let body: Body
        /// Whose it is.
        var release: ServedRelease?
    }

    /// - Returns: nil: there are only words.
    func page(_ preference: EncodingPreference, blobs: BlobReader) -> Page? {
        guard mayBePage, let site else { return nil }
        for page in site.policy.errorPages.candidates(for: status) {
            switch page {
            case .fixed(let type, let body): return Page(type: type, body: .bytes(body))
            case .release(let name):
                if let found = fromRelease(name, site, preference, blobs) { return found }
            }
        }
        return nil
    }

    private func fromRelease(_ name: String, _ site: SiteSnapshot, _ preference: EncodingPreference, _ blobs: BlobReader) -> Page? {
        guard let position = release ?? site.current else { return nil }
        let release = site.releases[position]
        guard let entry = release.manifest.find(name) else { return nil }
        let all = Representation.all(release, entry)
        let selected = Representation.select(all, preference)
        // What cannot be read is no reason for another error.
        guard let body = selected.body(blobs) else { return nil }
        var more = FieldLines()
        if let token = selected.token { more.add("Content-Encoding", token) }
        if all.count > 1 { more.add("Vary", "Accept-Encoding") }
        let type = ContentTypes.of(release.manifest.nameBytes(at: entry), extra: site.policy.contentTypes)
        return Page(type: type, fields: more, body: body, release: release)
    }

    private func response(_ exchange: Exchange, type: String, body: Body, more: FieldLines = FieldLines()) -> Response {
        var lines = fields
        lines.add("Content-Type", type)
        lines.add("Cache-Control", "no-store")
        lines.add(lines: more.bytes)
        lines.add("X-Content-Type-Options", "nosniff")
        if let site { lines.add(lines: site.policy.fieldLines(isSecure: exchange.isSecure)) }
        return Response(status: status, fields: lines, body: body)
    }
}
