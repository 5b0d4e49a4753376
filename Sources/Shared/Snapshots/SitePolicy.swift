import Model

/// What configuration says about answering a site's requests: validated, immutable, ready to use.
package struct SitePolicy: Sendable {
    package var pin = Pin()
    package var routes: [Route] = [Route(path: .everything, action: .release(fallback: nil))]
    /// How long a request for a name that is on its way may wait, in milliseconds.
    package var arrivalWait: Int64 = 2000
    /// `Cache-Control` of documents.
    package var documentCacheControl = "no-cache"
    /// Extra response fields in wire form.
    package var fieldLines: [UInt8] = []
    /// Their names, in lower case.
    package var fieldNames: [[UInt8]] = []
    /// The same over TLS, where `Strict-Transport-Security` may join them (RFC 6797 §7.2).
    package var secureFieldLines: [UInt8] = []
    /// Extra content types by lower-case extension.
    package var contentTypes: [String: String] = [:]

    package var dictionaries = DictionaryPolicy.off
    package var errorPages = ErrorPages()
    package var preload = PreloadPolicy.off
    /// Bytes of the largest body that a request may bring, where its route says nothing else.
    package var maximumBody = UInt64.max

    /// Proxies in front whose word about the client counts.
    package var trusted: [AddressPrefix] = []

    package init() {}

    /// Deltas to what the visitor has (RFC 9842).
    package enum DictionaryPolicy: Sendable {
        case off
        /// But for requests that came through a proxy which announces itself: it may hold what it does not understand.
        case on
        case always
    }

    /// Whether clients are told what a page will fetch.
    package enum PreloadPolicy: Sendable {
        case off, links
        /// In a head of its own too, before the answer's.
        case early
    }

    package func fieldLines(isSecure: Bool) -> [UInt8] { isSecure ? secureFieldLines : fieldLines }

    package struct Pin: Sendable {
        /// As sent; compared in lower case.
        package var header = "X-Deployment-Id" {
            didSet { lowerHeader = header.lowercased() }
        }
        package private(set) var lowerHeader = "x-deployment-id"
        package var query = "dpl"
        package var cookie = "tandem" {
            didSet { secureCookie = "__Host-" + cookie }
        }
        /// Its name over TLS: no other host can set it (RFC 6265bis §4.1.3.2).
        package private(set) var secureCookie = "__Host-tandem"

        package func cookie(isSecure: Bool) -> String { isSecure ? secureCookie : cookie }

        package init() {}
    }

    package struct Route: Sendable {
        package var path: PathPattern
        package var action: Action
        /// Nil: the site's.
        package var maximumBody: UInt64?
        /// Nil: everybody, always.
        package var gate: RouteGate?

        package init(path: PathPattern, action: Action, maximumBody: UInt64? = nil) {
            self.path = path
            self.action = action
            self.maximumBody = maximumBody
        }
    }

    /// What a `respond` route says.
    package struct FixedAnswer: Sendable {
        package let status: UInt16
        package let type: String
        package let cacheControl: String
        /// Fields beside the site's, in wire form.
        package let fieldLines: [UInt8]
        package let body: [UInt8]
        /// The strong entity tag of the body, with its quotes.
        package let tag: String

        package init(status: UInt16, type: String, cacheControl: String, fieldLines: [UInt8], body: [UInt8]) {
            self.status = status
            self.type = type
            self.cacheControl = cacheControl
            self.fieldLines = fieldLines
            self.body = body
            tag = "\"\(body.withUnsafeBytes { ContentDigest(of: $0) }.hex)\""
        }
    }

    package enum Action: Sendable {
        /// Serves the release; `fallback` names the document that answers navigations to paths the release lacks.
        /// `listing`: a folder without a page is answered with what is in it.
        case release(fallback: String?, listing: Bool = false)
        case respond(FixedAnswer)
        /// `*` in `to` stands for what the route's `*` matched.
        case redirect(to: String, status: UInt16)
        case proxy(ProxyRoute)
    }

    package enum PathPattern: Sendable, Hashable {
        case everything
        /// The decoded path with its leading slash.
        case exact(String)
        /// What begins with it; ends with a slash.
        case prefix(String)

        /// What the pattern's `*` stands for; nil when the path does not match.
        package func match(_ path: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
            switch self {
            case .everything: return min(1, path.count)..<path.count
            case .exact(let text): return path.elementsEqual(text.utf8) ? path.count..<path.count : nil
            case .prefix(let text):
                let count = text.utf8.count
                return path.count >= count && path.prefix(count).elementsEqual(text.utf8) ? count..<path.count : nil
            }
        }
    }
}
