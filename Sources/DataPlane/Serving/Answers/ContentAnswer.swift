import HTTPEngine
import Manifests
import Model
import Snapshots

/// Turns one entry of one release into a response: coding, entity tag, conditions, ranges, fields.
struct ContentAnswer {
    let request: ReleaseRequest
    let content: Resolution.Content
    let release: ServedRelease
    let selected: Representation
    private let representations: [Representation]
    private let range: RangeRequest.Outcome

    struct Result {
        var response: Response
        /// Whether everybody with this host, target and preference gets the same.
        var mayBePrepared: Bool
    }

    /// Why no delta is sent; nil where one is, or where none was asked for.
    private(set) var whyNoDelta: DictionaryUse.Refusal?

    /// - Parameter mayUseDelta: false where the delta turned out to be gone.
    init(request: ReleaseRequest, content: Resolution.Content, release: ServedRelease, mayUseDelta: Bool = true) {
        self.request = request
        self.content = content
        self.release = release
        representations = Representation.all(release, content.entry)
        // Ranges are for GET (RFC 9110 §14.2) of what was found.
        let wantsRange = request.exchange.head.method == .get && request.exchange.head.has(.range) && content.status == 200
        if wantsRange, let named = Self.representationToResume(request.exchange, representations) {
            selected = named
            range = RangeRequest.evaluate(request.exchange.joined(.range), size: named.size)
        } else {
            let best = Representation.select(representations, request.preference)
            range = .whole
            guard mayUseDelta, content.status == 200 else {
                selected = best
                return
            }
            switch DictionaryUse.delta(request, content, release, instead: best) {
            case .success(let delta): selected = delta ?? best
            case .failure(let refusal):
                selected = best
                whyNoDelta = refusal
            }
        }
    }

    /// Identity without `If-Range`; with one the representation it names; none when it names another.
    private static func representationToResume(_ exchange: Exchange, _ all: [Representation]) -> Representation? {
        guard exchange.head.has(.ifRange) else { return all[0] }
        let tag = String(decoding: exchange.joined(.ifRange), as: UTF8.self).trimmed
        return all.first { $0.tag == tag }
    }

    /// Nil when the blob cannot be read.
    func make(blobs: BlobReader) -> Result? {
        // A delta can be made again, and what it stands for is there.
        if selected.dictionary != nil, !selected.isPresent(blobs) {
            return ContentAnswer(request: request, content: content, release: release, mayUseDelta: false).make(blobs: blobs)
        }
        if content.status == 200 {
            switch Precondition.evaluate(request.exchange, tag: selected.tag) {
            case .proceed: break
            case .notModified: return Result(response: Response(status: 304, fields: fields(status: 304)), mayBePrepared: false)
            case .failed:
                return Result(
                    response: Response(status: 412, fields: fields(status: 412), body: .bytes(Array("Precondition Failed\n".utf8))),
                    mayBePrepared: false)
            }
        }
        switch range {
        case .unsatisfiable:
            var lines = fields(status: 416)
            lines.add("Content-Range", "bytes */\(selected.size)")
            return Result(
                response: Response(status: 416, fields: lines, body: .bytes(Array("Range Not Satisfiable\n".utf8))), mayBePrepared: false)
        case .parts(let parts): return partial(parts, blobs).map { Result(response: $0, mayBePrepared: false) }
        case .whole: break
        }
        if request.exchange.head.method == .head {
            guard selected.isPresent(blobs) else { return nil }
            let head = Response(status: content.status, fields: fields(status: content.status), declaredLength: selected.size)
            return Result(response: head, mayBePrepared: false)
        }
        guard let body = selected.body(blobs) else { return nil }
        return Result(
            response: Response(status: content.status, fields: fields(status: content.status), body: body), mayBePrepared: isShared)
    }

    private var isShared: Bool {
        guard content.status == 200, selected.dictionary == nil else { return false }
        guard let choice = content.choice else { return true }
        return choice.means == .current && choice.cookie == .none && !choice.hasPin && !content.usesFallback && request.site.canary == nil
    }

    // MARK: Ranges

    private func partial(_ parts: [Range<Int>], _ blobs: BlobReader) -> Response? {
        guard let body = selected.body(blobs) else { return nil }
        if parts.count == 1 {
            var lines = fields(status: 206)
            lines.add("Content-Range", "bytes \(parts[0].lowerBound)-\(parts[0].upperBound - 1)/\(selected.size)")
            return Response(status: 206, fields: lines, body: body.slice(parts[0]))
        }
        // The boundary must not stand in the body: a digest of it cannot be placed there on purpose.
        let boundary = String(selected.blob.hex.prefix(40))
        let type = contentType
        var pieces: [Body] = []
        for part in parts {
            let head =
                "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: bytes \(part.lowerBound)-\(part.upperBound - 1)/\(selected.size)\r\n\r\n"
            pieces.append(.bytes(Array(head.utf8)))
            pieces.append(body.slice(part))
        }
        pieces.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        return Response(status: 206, fields: fields(status: 206, type: "multipart/byteranges; boundary=\(boundary)"), body: .parts(pieces))
    }

    // MARK: Fields

    private var contentType: String {
        ContentTypes.of(release.manifest.nameBytes(at: content.entry), extra: request.site.policy.contentTypes)
    }

    private func fields(status: UInt16, type: String? = nil) -> FieldLines {
        var lines = FieldLines()
        let describesContent = status == 200 || status == 206 || status == 404
        if status == 412 || status == 416 {
            lines.add("Content-Type", "text/plain; charset=utf-8")
            lines.add("Cache-Control", "no-store")
        }
        if describesContent {
            lines.add("Content-Type", type ?? contentType)
            if let token = selected.token { lines.add("Content-Encoding", token) }
        }
        if describesContent && status != 404 || status == 304 { lines.add("ETag", tag: selected.blob) }
        if status == 200 || status == 206, selected.dictionary == nil { lines.add("Accept-Ranges", "bytes") }
        let hasEncodings = representations.count > 1
        if let choice = content.choice {
            if status == 200, let links = PreloadUse.field(request, content, release) { lines.add("Link", bytes: links) }
            let cacheControl = status == 404 ? "no-store" : status >= 412 ? nil : request.site.policy.documentCacheControl
            DocumentFields.add(
                to: &lines, request: request, choice: choice, cacheControl: cacheControl, usesFallback: content.usesFallback,
                encodings: hasEncodings)
        } else {
            if status < 412 { lines.add("Cache-Control", "public, max-age=31536000, immutable") }
            if DictionaryUse.mayApply(request, content, release) {
                lines.add("Vary", "Accept-Encoding, Available-Dictionary")
            } else if hasEncodings {
                lines.add("Vary", "Accept-Encoding")
            }
            if status == 200, let offer = DictionaryUse.advertisement(request, content, release) {
                lines.add("Use-As-Dictionary", offer)
            }
            lines.add("X-Content-Type-Options", "nosniff")
            lines.add(lines: request.site.policy.fieldLines(isSecure: request.exchange.isSecure))
        }
        return lines
    }
}

/// The fields of every answer whose release was chosen (`contract.md`, HTTP surface).
enum DocumentFields {
    /// - Parameter cacheControl: nil where the answer has its own already.
    static func add(
        to lines: inout FieldLines, request: ReleaseRequest, choice: ReleaseChoice, cacheControl: String?, usesFallback: Bool,
        encodings: Bool
    ) {
        let site = request.site
        let isSecure = request.exchange.isSecure
        if let cacheControl {
            let shared = cacheControl == "no-store" ? "no-store" : choice.isPersonal ? "private, no-cache" : cacheControl
            lines.add("Cache-Control", shared)
        }
        var vary = choice.vary(site, usesFallback: usesFallback)
        if encodings { vary += ", Accept-Encoding" }
        lines.add("Vary", vary)
        lines.add("X-Deployment-Id", site.releases[choice.release].hex)
        if let cookie = choice.setCookie(site, isSecure: isSecure) { lines.add("Set-Cookie", cookie) }
        lines.add("X-Content-Type-Options", "nosniff")
        lines.add(lines: site.policy.fieldLines(isSecure: isSecure))
    }
}

extension Body {
    /// A part of a body that is one piece.
    func slice(_ range: Range<Int>) -> Body {
        switch self {
        case .bytes(let bytes): .bytes(Array(bytes[range]))
        case .file(let file, let whole): .file(file, (whole.lowerBound + range.lowerBound)..<(whole.lowerBound + range.upperBound))
        case .empty, .parts: self
        }
    }
}
