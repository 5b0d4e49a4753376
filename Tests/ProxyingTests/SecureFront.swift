import Glibc
import HTTPEngine
import Snapshots
import TestTLS

@testable import Proxying

/// A server that is reached over TLS alone: a loop with a certificate in front of a scripted server.
final class SecureFront {
    enum Certificate { case server, nameless, stranger, expired }

    let identities: TLSIdentities
    let proxy: ProxyUnderTest
    let server: ScriptedServer
    var port: UInt16 { proxy.port }

    init(
        _ certificate: Certificate = .server, clients: TLSIdentity.ClientCertificates = .ignored,
        server: ScriptedServer = .echoing()
    ) throws {
        self.server = server
        identities = TLSIdentities(try Self.table(certificate, clients))
        let plain = UpstreamServer(name: "plain", origin: .tcp(host: "127.0.0.1", port: server.port))
        proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "plain", servers: [plain]), tls: identities)
    }

    static func table(_ certificate: Certificate, _ clients: TLSIdentity.ClientCertificates = .ignored) throws -> TLSIdentities.Table {
        let (chain, key) =
            switch certificate {
            case .server: (TestAuthority.server, TestAuthority.serverKey)
            case .nameless: (TestAuthority.nameless, TestAuthority.namelessKey)
            case .stranger: (TestAuthority.stranger, TestAuthority.strangerKey)
            case .expired: (TestAuthority.expired, TestAuthority.expiredKey)
            }
        return TLSIdentities.Table([try TLSIdentity(chain: Array(chain.utf8), key: Array(key.utf8), names: [], clients: clients)])
    }

    func end() {
        proxy.end()
        server.end()
    }
}

/// Whom a proxy trusts in tests.
enum Trust {
    static func connector(
        _ name: String = "app.test", certificate: TLSConnector.Certificate? = nil, protocols: TLSConnector.Protocols = .http1
    ) throws -> TLSConnector {
        try TLSConnector(
            name: name, authorities: TLSAuthorities(Array(TestAuthority.authority.utf8)), certificate: certificate, protocols: protocols)
    }

    static func server(_ port: UInt16, _ connector: TLSConnector?) -> UpstreamServer {
        UpstreamServer(
            name: "https://127.0.0.1:\(port)", origin: .tcp(host: "127.0.0.1", port: port), isSecure: true, encryption: connector)
    }

    static func proxy(
        _ port: UInt16, _ connector: TLSConnector?, checks: BackendPolicy.Checks? = nil, limits: BackendPolicy.Limits = .init()
    ) throws -> ProxyUnderTest {
        try ProxyUnderTest(
            BackendPolicy(number: 0, name: "app", servers: [server(port, connector)], checks: checks, limits: limits))
    }
}
