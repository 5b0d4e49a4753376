import Model

extension Configuration {
    /// Servers behind `proxy` routes.
    package struct Backend: Hashable, Sendable {
        package var name: String
        /// Not empty; ids are unique.
        package var servers: [Server] = []
        package var balance = Balance.roundRobin
        /// Nil: servers are judged by the requests they get, and by nothing else.
        package var health: Health?
        package var retry = Retry()
        package var timeout = Timeout()
        /// What https servers must prove, and what they are shown; nil: their names, by the system's authorities.
        package var tls: TLS?
        /// What says in front of each connection whose it is; nil: nothing does.
        package var proxyProtocol: ProxyProtocol?
        package var http = HTTP.http1

        package init(name: String = "") {
            self.name = name
        }

        package struct Server: Hashable, Sendable {
            package var url: UpstreamURL
            /// 1…1,000: its share beside the others'.
            package var weight = 1
            /// By which paths and cookies name it; nil: none does.
            package var id: String?

            package init(url: UpstreamURL) {
                self.url = url
            }
        }

        /// Who gets a request.
        package enum Balance: Hashable, Sendable {
            case roundRobin, leastConnections, randomTwo
            case consistentHash(HashKey)
        }

        package enum HashKey: Hashable, Sendable {
            case path, client
            case header(String)
            case cookie(String)
        }

        /// Questions that servers are asked between requests.
        package struct Health: Hashable, Sendable {
            package var path = "/healthz"
            package var every = Duration.seconds(2)
            package var timeout = Duration.seconds(1)
            /// Good answers in a row that bring a server back.
            package var healthy = 2
            /// Bad ones in a row that take it away.
            package var unhealthy = 3

            package init() {}
        }

        package struct Retry: Hashable, Sendable {
            /// More tries after the first.
            package var attempts = 2
            package var when: [Occasion] = [.connect, .timeout, .badGateway, .unavailable, .gatewayTimeout]
            package var methods = Methods.idempotent

            package init() {}

            package enum Occasion: String, CaseIterable, Hashable, Sendable {
                case connect, timeout
                case badGateway = "502"
                case unavailable = "503"
                case gatewayTimeout = "504"
                /// It has nothing, or other bytes, under a name with a digest.
                case mismatch
            }

            package enum Methods: String, CaseIterable, Hashable, Sendable {
                case idempotent, none
            }
        }

        /// What its servers speak.
        package enum HTTP: Hashable, Sendable {
            case http1, http2
        }

        package enum ProxyProtocol: String, CaseIterable, Hashable, Sendable {
            case v1, v2
        }

        package struct TLS: Hashable, Sendable {
            /// A host name or an address; nil: what stands in each server's URL.
            package var name: String?
            /// PEM; nil: those of the system.
            package var authorities: PlacedPath?
            /// Nil: none is shown.
            package var certificate: Certificate?

            package init() {}
        }

        package struct Timeout: Hashable, Sendable {
            package var connect = Duration.seconds(2)
            /// From the request's end to the head of its answer.
            package var firstByte = Duration.seconds(30)
            /// Without a byte in either direction.
            package var idle = Duration.seconds(60)
            /// The same after an upgrade.
            package var tunnel = Duration.seconds(3600)

            package init() {}
        }
    }

    /// Where a server of a backend is.
    package enum UpstreamURL: Hashable, Sendable, CustomStringConvertible {
        /// `host` is an address as `inet_ntop` writes it, without brackets, or a name in lower case.
        case tcp(host: String, port: UInt16)
        /// The same over TLS.
        case tls(host: String, port: UInt16)
        case unix(path: String)
        /// Wherever the records of a service lead (RFC 2782), over TLS where it is `_https`.
        case service(name: String)

        /// What is wrong with a URL that stands elsewhere than in a file; nil: nothing.
        package static func fault(of text: String) -> String? {
            do throws(Complaint) {
                _ = try UpstreamURL(parsing: text, folder: "/")
                return nil
            } catch {
                return error.words
            }
        }

        /// Of one that has been looked at.
        package init?(checked text: String) {
            guard let url = try? UpstreamURL(parsing: text, folder: "/") else { return nil }
            self = url
        }

        /// - Parameter folder: where a relative socket path begins, with a final slash.
        init(parsing text: String, folder: String) throws(Complaint) {
            if text.hasPrefix("unix:") {
                self = .unix(path: try Address.socketPath(String(text.dropFirst(5)), folder: folder))
                return
            }
            if text.hasPrefix("srv:") {
                self = .service(name: try Self.service(text.dropFirst(4)))
                return
            }
            let isSecure = text.hasPrefix("https://")
            guard isSecure || text.hasPrefix("http://") else {
                throw Complaint("write http://10.0.0.5:9000, https://app.internal or unix:/run/app.sock")
            }
            let rest = text.dropFirst(isSecure ? 8 : 7)
            if rest.utf8.contains(where: { "/?#@".utf8.contains($0) }) {
                throw Complaint("host and port alone, without user, path and query: paths are edited by the route")
            }
            let (host, digits) = try Self.parts(rest)
            var port: UInt16 = isSecure ? 443 : 80
            if let digits {
                guard case .number(let number)? = Quantity.digits(digits), let given = UInt16(exactly: number), given > 0 else {
                    throw Complaint("the port is 1 to 65535, as in http://10.0.0.5:9000")
                }
                port = given
            }
            let canonical = try Self.canonical(host)
            self = isSecure ? .tls(host: canonical, port: port) : .tcp(host: canonical, port: port)
        }

        private static func parts(_ rest: Substring) throws(Complaint) -> (host: Substring, port: Substring?) {
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { throw Complaint("the bracket of the IPv6 address is not closed") }
                let behind = rest[rest.index(after: end)...]
                guard behind.isEmpty || behind.hasPrefix(":") else { throw Complaint("behind the bracket stands the port") }
                return (rest[...end], behind.isEmpty ? nil : behind.dropFirst())
            }
            guard let colon = rest.firstIndex(of: ":") else { return (rest, nil) }
            return (rest[..<colon], rest[rest.index(after: colon)...])
        }

        static func canonical(_ host: Substring) throws(Complaint) -> String {
            if host.hasPrefix("[") {
                guard let address = IPAddress(String(host.dropFirst().dropLast())), address.isV6 else {
                    throw Complaint("between brackets stands an IPv6 address")
                }
                return address.text
            }
            if let address = IPAddress(String(host)) { return address.text }
            let labels = host.split(separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
                            || $0 == UInt8(ascii: "_")
                    }
            }
            guard isName, host.utf8.count <= 253, labels.last?.allSatisfy(\.isNumber) == false else {
                throw Complaint("the host is an address or a name: http://app.internal:9000")
            }
            return host.lowercased()
        }

        private static func bracketed(_ host: String) -> String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

        private static func service(_ text: Substring) throws(Complaint) -> String {
            let name = try canonical(text)
            let labels = name.split(separator: ".")
            guard labels.count >= 3, labels[0] == "_http" || labels[0] == "_https", labels[1] == "_tcp" else {
                throw Complaint("a service is written srv:_http._tcp.app.internal, or srv:_https._tcp.…")
            }
            return name
        }

        /// Whether connections are encrypted.
        package var isSecure: Bool {
            switch self {
            case .tls: true
            case .service(let name): name.hasPrefix("_https.")
            case .tcp, .unix: false
            }
        }

        package var description: String {
            switch self {
            case .tcp(let host, let port): "http://" + Self.bracketed(host) + ":\(port)"
            case .tls(let host, let port): "https://" + Self.bracketed(host) + ":\(port)"
            case .unix(let path): "unix:\(path)"
            case .service(let name): "srv:\(name)"
            }
        }
    }
}
