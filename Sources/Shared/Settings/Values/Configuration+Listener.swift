extension Configuration {
    /// A socket for visitors.
    package struct Listener: Hashable, Sendable {
        package var address: Address
        /// Nil: plain.
        package var tls: TLS?
        /// Nil: clients are not asked for a certificate.
        package var clientCertificates: ClientCertificates?
        /// Nil: sites are served here.
        package var redirect: SecureRedirect?
        /// Who puts a PROXY header in front of each connection: load balancers. Empty: nobody does.
        package var proxyProtocol: [AddressRange] = []

        package init(address: Address) {
            self.address = address
        }
    }

    /// Whom a listener says it is.
    package enum TLS: Hashable, Sendable {
        /// Made by a local authority for the hosts of all sites: for development.
        case internalAuthority
        /// Not empty. Chosen by the name that the client asks for; the first answers for all others.
        case files([Certificate])
    }

    /// Two files in PEM.
    package struct Certificate: Hashable, Sendable {
        /// The server's own certificate first, then those that lead to the authority.
        package var certificate: PlacedPath
        package var key: PlacedPath

        package init(certificate: PlacedPath, key: PlacedPath) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// What clients show.
    package struct ClientCertificates: Hashable, Sendable {
        /// PEM of those who may have signed them.
        package var authorities: PlacedPath
        /// Whether there is no connection without one.
        package var require = true

        package init(authorities: PlacedPath) {
            self.authorities = authorities
        }
    }

    /// Every request is sent on to https (`308`).
    package struct SecureRedirect: Hashable, Sendable {
        /// Where https is served.
        package var port: UInt16 = 443

        package init(port: UInt16 = 443) {
            self.port = port
        }
    }

    /// A path and where the configuration says it, for faults that are found only when the file is read.
    package struct PlacedPath: Hashable, Sendable {
        package var path: String
        package var place: Place

        package init(_ path: String, place: Place = Place()) {
            self.path = path
            self.place = place
        }
    }

    /// Where something stands. All are equal: configurations are compared by what they say, not by how it is laid out.
    package struct Place: Hashable, Sendable {
        package var file = ""
        package var position = Position(line: 1, column: 1)

        package init() {}

        init(file: String, position: Position) {
            self.file = file
            self.position = position
        }

        package func fault(_ message: String) -> Fault { Fault(file: file, at: position, message) }

        package static func == (a: Place, b: Place) -> Bool { true }
        package func hash(into hasher: inout Hasher) {}
    }
}
