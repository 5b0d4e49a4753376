/// What is read of one before it is known to be whole.
private struct ListenerDraft {
    var address: Configuration.Address?
    var tls: Configuration.TLS?
    var clientCertificates: Configuration.ClientCertificates?
    var redirect: Configuration.SecureRedirect?
    var proxyProtocol: [Configuration.AddressRange] = []
}

extension Kind where Value == Configuration.Listener {
    static var listener: Kind {
        .section(
            Section(
                ListenerDraft(),
                [
                    Key(
                        "address", \.address, .address(allowsUnix: true), required: true,
                        "`host:port`, `[IPv6]:port` or `unix:/path`. Port 0: the system chooses one."),
                    Key(
                        "tls", \.tls, .tls,
                        "Certificates; several are chosen by SNI, and what changes on disk is picked up. `internal`: one made by a "
                            + "local authority, for development. Left out: plain."),
                    Key(
                        "client_certificates", \.clientCertificates, .clientCertificates,
                        "Certificates that clients show. Left out: they are not asked for one."),
                    Key(
                        "redirect", \.redirect, .secureRedirect,
                        "`https`, or `https:8443` for another port: every request is sent on there, nothing else is served here."),
                    Key(
                        "proxy_protocol", \.proxyProtocol, .list(.addressRange),
                        "Load balancers that put a PROXY header (version 1 or 2) in front of each connection: who it names is the client. "
                            + "A connection from elsewhere, or without a header, is closed; on a Unix socket everybody counts as named."),
                ], check: check),
            finish: { draft in
                draft.address.map { address in
                    var listener = Value(address: address)
                    listener.tls = draft.tls
                    listener.clientCertificates = draft.clientCertificates
                    listener.redirect = draft.redirect
                    listener.proxyProtocol = draft.proxyProtocol
                    return listener
                }
            },
            draft: {
                ListenerDraft(
                    address: $0.address, tls: $0.tls, clientCertificates: $0.clientCertificates, redirect: $0.redirect,
                    proxyProtocol: $0.proxyProtocol)
            })
    }

    private static func check(_ draft: ListenerDraft, _ fields: Section<ListenerDraft>.Fields, _ reading: inout Reading) {
        if fields.isGiven("redirect"), fields.isGiven("tls") {
            reading.fault(fields.at("redirect"), "a listener with tls is where https leads: redirect belongs to a plain one")
        }
        if fields.isGiven("client_certificates"), !fields.isGiven("tls"), !fields.hasRefusal {
            reading.fault(fields.at("client_certificates"), "clients show certificates over TLS alone: add tls")
        }
    }
}

extension Kind where Value == Configuration.TLS {
    static var tls: Kind {
        let files = Kind<[Configuration.Certificate]>.list(.certificate, count: 1...1000).map(Value.files) {
            if case .files(let files) = $0 { files } else { nil }
        }
        return .word("internal", means: .internalAuthority, or: files)
    }
}

/// What is read of one before it is known to be whole.
private struct CertificateDraft {
    var certificate: Configuration.PlacedPath?
    var key: Configuration.PlacedPath?
}

extension Kind where Value == Configuration.Certificate {
    static var certificate: Kind {
        .section(
            Section(
                CertificateDraft(),
                [
                    Key(
                        "certificate", \.certificate, .placedPath, required: true,
                        "PEM: the server's own certificate, then those that lead to the authority. Its DNS names say for which hosts."),
                    Key("key", \.key, .placedPath, required: true, "PEM of its private key, without a passphrase."),
                ]),
            finish: { draft in
                guard let certificate = draft.certificate, let key = draft.key else { return nil }
                return Value(certificate: certificate, key: key)
            }, draft: { CertificateDraft(certificate: $0.certificate, key: $0.key) })
    }
}

/// What is read of one before it is known to be whole.
private struct ClientCertificatesDraft {
    var authorities: Configuration.PlacedPath?
    var require = true
}

extension Kind where Value == Configuration.ClientCertificates {
    static var clientCertificates: Kind {
        .section(
            Section(
                ClientCertificatesDraft(),
                [
                    Key("authorities", \.authorities, .placedPath, required: true, "PEM of those who may have signed them."),
                    Key("require", \.require, .onOff, "`off`: a client without one is served too; one that is not valid never is."),
                ]),
            finish: { draft in
                draft.authorities.map {
                    var value = Value(authorities: $0)
                    value.require = draft.require
                    return value
                }
            }, draft: { ClientCertificatesDraft(authorities: $0.authorities, require: $0.require) })
    }
}

extension Kind where Value == Configuration.SecureRedirect {
    static var secureRedirect: Kind {
        .parsed("redirect", pattern: "^https(:[0-9]{1,5})?$") { text, _ throws(Complaint) in
            if text == "https" { return Value() }
            guard text.hasPrefix("https:"), let port = UInt16(text.dropFirst(6)), port > 0, text.dropFirst(6).allSatisfy(\.isNumber)
            else { throw Complaint("write https, or https:8443 where https is served at another port") }
            return Value(port: port)
        } write: {
            $0.port == 443 ? "https" : "https:\($0.port)"
        }
    }
}

extension Kind where Value == Configuration.PlacedPath {
    static var placedPath: Kind {
        let path = Kind<String>.path
        return Kind(
            shape: path.shape,
            read: { node, reading in
                path.read(node, &reading).map {
                    Value($0, place: Configuration.Place(file: reading.file, position: node.position))
                }
            },
            write: { path.write($0.path) })
    }
}

extension Kind where Value == Bool {
    static var onOff: Kind { .words("value", [("on", true), ("off", false)]) }
}
