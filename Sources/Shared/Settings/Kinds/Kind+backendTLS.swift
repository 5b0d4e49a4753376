/// What is read of it before it is known to be whole.
private struct BackendTLSDraft {
    var name: String?
    var authorities: Configuration.PlacedPath?
    var certificate: Configuration.PlacedPath?
    var key: Configuration.PlacedPath?
}

extension Kind where Value == Configuration.Backend.TLS {
    static var backendTLS: Kind {
        .section(
            Section(
                BackendTLSDraft(),
                [
                    Key(
                        "name", \.name, .serverName,
                        "The host name or address that the server's certificate must be for, and that it is asked for. Left out: what "
                            + "stands in each server's URL."),
                    Key(
                        "authorities", \.authorities, .placedPath,
                        "PEM of those who may have signed it, or of the server's certificate itself. Left out: those of the system."),
                    Key("certificate", \.certificate, .placedPath, "PEM of the certificate that a server is shown which asks for one."),
                    Key("key", \.key, .placedPath, "PEM of its private key, without a passphrase."),
                ], check: check),
            finish: { draft in
                var value = Value()
                value.name = draft.name
                value.authorities = draft.authorities
                if let certificate = draft.certificate, let key = draft.key {
                    value.certificate = Configuration.Certificate(certificate: certificate, key: key)
                }
                return value
            },
            draft: {
                BackendTLSDraft(
                    name: $0.name, authorities: $0.authorities, certificate: $0.certificate?.certificate, key: $0.certificate?.key)
            })
    }

    private static func check(_ draft: BackendTLSDraft, _ fields: Section<BackendTLSDraft>.Fields, _ reading: inout Reading) {
        guard !fields.hasRefusal, fields.isGiven("certificate") != fields.isGiven("key") else { return }
        reading.fault(fields.at("certificate", "key"), "certificate and key belong together: name both files")
    }
}

extension Kind where Value == String {
    /// What a certificate may be for: a host name, or an address without brackets.
    static var serverName: Kind {
        .parsed("host name") { text, _ throws(Complaint) in
            if let address = IPAddress(text) { return address.text }
            return try Configuration.UpstreamURL.canonical(Substring(text))
        } write: {
            $0
        }
    }
}
