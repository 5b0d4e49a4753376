import Certificates
import HTTPEngine
import Model
import Settings

/// The certificates of one listener: where they come from, what was read last, and what the loops shake hands with.
struct ListenerCertificates: Sendable {
    private let sources: [any CertificateSource]
    private var watches: [CertificateWatch]
    private var pairs: [CertificatePair]
    /// Those that stay keep their session tickets when another is replaced.
    private var ready: [TLSIdentity]
    private let clients: TLSIdentity.ClientCertificates
    let identities: TLSIdentities

    /// - Parameters:
    ///   - copied: what is served with first.
    ///   - authorityFolder: where the internal authority keeps its key.
    ///   - names: of all sites, for certificates made here.
    /// - Returns: nil for a plain listener.
    /// - Throws: what is wrong with its files, each at its place. A certificate whose time is over is served with, unless
    ///   `isStrict`: a site with it is worth more than none.
    static func open(
        _ listener: Configuration.Listener, _ copied: CopiedFiles, authorityFolder: String, names: [String], now: Timestamp, isStrict: Bool
    ) throws(ConfigurationFaults) -> ListenerCertificates? {
        guard let tls = listener.tls else { return nil }
        let clients = try clientCertificates(listener, copied)
        switch tls {
        case .internalAuthority:
            do throws(CertificateFault) {
                let authority = try InternalAuthority(folder: authorityFolder, names: names, now: now)
                let version = authority.version(now: now)
                return try ListenerCertificates([authority], [try authority.load(now: now)], [version], clients)
            } catch {
                throw ConfigurationFaults([Configuration.Place().fault("the internal authority: \(error)")])
            }
        case .files(let files): return try open(files, copied, clients, now: now, isStrict: isStrict)
        }
    }

    private static func open(
        _ files: [Configuration.Certificate], _ copied: CopiedFiles, _ clients: TLSIdentity.ClientCertificates, now: Timestamp,
        isStrict: Bool
    ) throws(ConfigurationFaults) -> ListenerCertificates {
        var faults: [Fault] = []
        var sources: [CertificateFiles] = []
        var pairs: [CertificatePair] = []
        for file in files {
            let source = CertificateFiles(certificate: file.certificate.path, key: file.key.path)
            do throws(CertificateFault) {
                let pair = try source.read(copied)
                _ = try Self.identity(pair, clients, source.label)
                if isStrict { try pair.check(now: now, path: source.certificate) }
                pairs.append(pair)
                sources.append(source)
            } catch {
                let isKey = if case .unreadable(source.key, _) = error { true } else { error.isAboutKey }
                faults.append((isKey ? file.key : file.certificate).place.fault("\(error)"))
            }
        }
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        do throws(CertificateFault) {
            return try ListenerCertificates(sources, pairs, sources.map { $0.version(copied, now: now) }, clients)
        } catch {
            throw ConfigurationFaults([files[0].certificate.place.fault("\(error)")])
        }
    }

    private static func clientCertificates(
        _ listener: Configuration.Listener, _ copied: CopiedFiles
    ) throws(ConfigurationFaults) -> TLSIdentity.ClientCertificates {
        guard let clients = listener.clientCertificates else { return .ignored }
        do throws(CertificateFault) {
            let authorities = try CertificateFiles.authorities(clients.authorities.path, copied)
            return clients.require ? .required(authorities: authorities) : .optional(authorities: authorities)
        } catch {
            throw ConfigurationFaults([clients.authorities.place.fault("\(error)")])
        }
    }

    private init(
        _ sources: [any CertificateSource], _ pairs: [CertificatePair], _ versions: [CertificateVersion],
        _ clients: TLSIdentity.ClientCertificates
    ) throws(CertificateFault) {
        self.sources = sources
        self.pairs = pairs
        self.clients = clients
        watches = versions.map { CertificateWatch(read: $0) }
        var ready: [TLSIdentity] = []
        for (source, pair) in zip(sources, pairs) { ready.append(try Self.identity(pair, clients, source.label)) }
        self.ready = ready
        identities = TLSIdentities(TLSIdentities.Table(ready))
    }

    private static func identity(
        _ pair: CertificatePair, _ clients: TLSIdentity.ClientCertificates, _ label: String
    ) throws(CertificateFault) -> TLSIdentity {
        do throws(TLSIdentityError) {
            return try TLSIdentity(chain: pair.chain, key: pair.key, names: pair.names, clients: clients)
        } catch {
            throw .refused(certificate: label, reason: error.reason)
        }
    }

    /// What became of a source that had changed.
    enum Outcome {
        case replaced(label: String, CertificatePair)
        /// The pair from before is served on.
        case refused(label: String, CertificateFault)
    }

    /// Reads again what has changed, and hands it to the loops. Connections keep what they began with.
    mutating func refresh(now: Timestamp) -> [Outcome] {
        var outcomes: [Outcome] = []
        for index in sources.indices where watches[index].look(sources[index].version(now: now)) {
            let label = sources[index].label
            do throws(CertificateFault) {
                let pair = try sources[index].load(now: now)
                if pair == pairs[index] { continue }
                ready[index] = try Self.identity(pair, clients, label)
                pairs[index] = pair
                identities.replace(TLSIdentities.Table(ready))
                outcomes.append(.replaced(label: label, pair))
            } catch {
                outcomes.append(.refused(label: label, error))
            }
        }
        return outcomes
    }
}
