/// What is read of one before it is known to be whole.
private struct ProxyDraft {
    var backend: Configuration.BackendName?
    var host = Configuration.Proxy.Host.client
    var cache: Configuration.ProxyCache?
    var guarding = Configuration.ProxyGuard.auto
    var compression: Configuration.Compression?
    var path = Configuration.PathEdit()
    var request = Configuration.FieldEdits()
    var response = Configuration.FieldEdits()
}

extension Kind where Value == Configuration.Proxy {
    static var proxy: Kind {
        .section(
            Section(
                ProxyDraft(),
                [
                    Key("backend", \.backend, .backendName, required: true, "One of the site's backends."),
                    Key(
                        "host", \.host, .upstreamHost,
                        "What servers see as `Host`: `client` (what the client asked for), `server` (that of the server's URL), or a name."),
                    Key("path", \.path, .section(Configuration.PathEdit.schema), "What of the path servers see."),
                    Key("request", \.request, .section(Configuration.FieldEdits.schema), "Fields on their way to a server."),
                    Key("response", \.response, .section(Configuration.FieldEdits.schema), "Fields on their way to a client."),
                    Key(
                        "cache", \.cache, Kind<Configuration.ProxyCache?>.proxyCache,
                        "`on`: keeps what may be kept (RFC 9111), for all visitors; or what is to be other than usual."),
                    Key(
                        "guard", \.guarding, .proxyGuard,
                        "Holds content against the digest in its name before it is kept: `auto` knows the common shapes, rules add others; or a section."
                    ),
                    Key(
                        "compress", \.compression, Kind<Configuration.Compression?>.compression,
                        "`on`: what comes as text is compressed for clients that take it, on its way; or what is to be other than usual."),
                ],
                check: { draft, fields, reading in
                    if draft.cache == nil, fields.isGiven("guard"), draft.guarding != .off {
                        reading.fault(fields.at("guard"), "the guard looks at what is kept: add cache: on")
                    }
                }),
            finish: { draft in
                draft.backend.map { backend in
                    var proxy = Value(backend: backend)
                    proxy.host = draft.host
                    proxy.cache = draft.cache
                    proxy.guarding = draft.guarding
                    proxy.compression = draft.compression
                    proxy.path = draft.path
                    proxy.request = draft.request
                    proxy.response = draft.response
                    return proxy
                }
            },
            draft: {
                ProxyDraft(
                    backend: $0.backend, host: $0.host, cache: $0.cache, guarding: $0.guarding, compression: $0.compression,
                    path: $0.path, request: $0.request, response: $0.response)
            })
    }
}

extension Kind where Value == Configuration.BackendName {
    static var backendName: Kind {
        let name = Kind<String>.name
        return Kind(
            shape: name.shape,
            read: { node, reading in
                name.read(node, &reading).map { Value($0, place: Configuration.Place(file: reading.file, position: node.position)) }
            },
            write: { name.write($0.name) })
    }
}

extension Kind where Value == Configuration.Proxy.Host {
    static var upstreamHost: Kind {
        .parsed("host") { text, _ throws(Complaint) in
            switch text {
            case "client": return .client
            case "server": return .server
            default: break
            }
            let isHost = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || "-._:[]".utf8.contains($0)
            }
            guard isHost, (1...255).contains(text.utf8.count) else { throw Complaint("write client, server, or a name with its port") }
            return .name(text)
        } write: { value in
            switch value {
            case .client: "client"
            case .server: "server"
            case .name(let name): name
            }
        }
    }
}
