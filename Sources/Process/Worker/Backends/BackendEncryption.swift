import Certificates
import HTTPEngine
import Model
import Settings

/// How connections to the `https` servers of backends are encrypted, as far as configuration and files say it.
struct BackendEncryption {
    private let copied: CopiedFiles
    /// Read once, and only where a server needs them.
    private var system: TLSAuthorities?

    /// - Parameter copied: files as they were when the configuration was copied.
    init(_ copied: CopiedFiles) {
        self.copied = copied
    }

    /// Everything that is wrong with the files of backends.
    static func faults(_ configuration: Configuration, _ copied: CopiedFiles) -> [Fault] {
        var encryption = BackendEncryption(copied)
        return configuration.sites.flatMap(\.backends).flatMap { backend -> [Fault] in
            do throws(ConfigurationFaults) {
                for server in backend.servers { _ = try encryption.connector(server, of: backend) }
                return []
            } catch {
                return error.faults
            }
        }
    }

    /// What the servers of a backend are asked with.
    struct Material {
        let authorities: TLSAuthorities
        let certificate: TLSConnector.Certificate?
    }

    /// - Parameter now: when it has to be valid; nil: what has expired is shown all the same.
    mutating func material(of backend: Configuration.Backend, now: Timestamp? = nil) throws(ConfigurationFaults) -> Material {
        let tls = backend.tls ?? Configuration.Backend.TLS()
        let certificate = try certificate(tls, now)
        return Material(authorities: try authorities(tls), certificate: certificate)
    }

    /// - Returns: nil for a server that is reached plainly.
    mutating func connector(
        _ server: Configuration.Backend.Server, of backend: Configuration.Backend
    ) throws(ConfigurationFaults) -> TLSConnector? {
        guard server.url.isSecure else { return nil }
        return try Self.connector(to: Self.name(server, of: backend), of: backend, try material(of: backend))
    }

    /// Which name the servers of a service prove is written down: DNS may not choose it.
    static func name(_ server: Configuration.Backend.Server, of backend: Configuration.Backend) -> String {
        let host = if case .tls(let host, _) = server.url { host } else { "" }
        return backend.tls?.name ?? host
    }

    static func connector(
        to name: String, of backend: Configuration.Backend, _ material: Material
    ) throws(ConfigurationFaults) -> TLSConnector {
        do throws(TLSIdentityError) {
            return try TLSConnector(
                name: name, authorities: material.authorities, certificate: material.certificate,
                protocols: backend.http == .http2 ? .http2 : .http1)
        } catch {
            let place = backend.tls?.certificate?.certificate.place ?? Configuration.Place()
            throw ConfigurationFaults([place.fault("backend \(backend.name): \(error)")])
        }
    }

    private func certificate(
        _ tls: Configuration.Backend.TLS, _ now: Timestamp?
    ) throws(ConfigurationFaults) -> TLSConnector.Certificate? {
        guard let files = tls.certificate else { return nil }
        do throws(CertificateFault) {
            let pair = try CertificateFiles(certificate: files.certificate.path, key: files.key.path).read(copied)
            if let now { try pair.check(now: now, path: files.certificate.path) }
            return TLSConnector.Certificate(chain: pair.chain, key: pair.key)
        } catch {
            let isKey = if case .unreadable(files.key.path, _) = error { true } else { error.isAboutKey }
            throw ConfigurationFaults([(isKey ? files.key : files.certificate).place.fault("\(error)")])
        }
    }

    private mutating func authorities(_ tls: Configuration.Backend.TLS) throws(ConfigurationFaults) -> TLSAuthorities {
        guard let file = tls.authorities else { return try systemAuthorities() }
        let bytes: [UInt8]
        do throws(CertificateFault) {
            bytes = try CertificateFiles.authorities(file.path, copied)
        } catch {
            throw ConfigurationFaults([file.place.fault("\(error)")])
        }
        do throws(TLSIdentityError) {
            return try TLSAuthorities(bytes)
        } catch {
            throw ConfigurationFaults([file.place.fault(error.reason)])
        }
    }

    private mutating func systemAuthorities() throws(ConfigurationFaults) -> TLSAuthorities {
        if let system { return system }
        do throws(TLSIdentityError) {
            let found = try TLSAuthorities.system()
            system = found
            return found
        } catch {
            throw ConfigurationFaults([Configuration.Place().fault(error.reason)])
        }
    }
}
