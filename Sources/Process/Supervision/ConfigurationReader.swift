import Files
import Glibc
import Handover
import Settings

/// Reads a configuration and everything it names into one copy.
package struct ConfigurationReader: Sendable {
    /// nil: no file is read, the defaults over `./.tandem`.
    package let file: String?
    /// What `${NAME}` stands for.
    private let environment: [String: String]

    package init(file: String?, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    /// - Throws: exit code 3, with each fault at its place.
    package func read() throws(Refusal) -> (copy: ConfigurationCopy, configuration: Configuration) {
        guard let file else { return (ConfigurationCopy(configuration: nil), Configuration.withoutFile()) }
        guard let bytes = Self.bytes(file) else {
            throw Refusal(
                exit: 3, text: "cannot read the configuration \(file)\nName another with -c, or leave it out to use ./.tandem.")
        }
        let read = ConfigurationCopy.File(path: file, bytes: bytes)
        let configuration: Configuration
        do throws(ConfigurationFaults) {
            configuration = try self.configuration(of: ConfigurationCopy(configuration: read))
        } catch {
            throw Refusal(exit: 3, text: error.description)
        }
        // What cannot be read is told by whoever validates, at its place.
        let named = configuration.listen.flatMap(Self.paths) + configuration.sites.flatMap(\.backends).flatMap(Self.paths)
        let certificates = Set(named).sorted().compactMap { path in
            Self.bytes(path).map { ConfigurationCopy.File(path: path, bytes: $0) }
        }
        return (ConfigurationCopy(configuration: read, certificates: certificates), configuration)
    }

    /// What a copy says.
    package func configuration(of copy: ConfigurationCopy) throws(ConfigurationFaults) -> Configuration {
        guard let file = copy.configuration else { return Configuration.withoutFile() }
        return try Configuration.load(yaml: file.bytes, file: file.path, environment: environment)
    }

    private static func paths(_ listener: Configuration.Listener) -> [String] {
        var paths: [String] = []
        if case .files(let files)? = listener.tls { paths = files.flatMap { [$0.certificate.path, $0.key.path] } }
        if let authorities = listener.clientCertificates?.authorities { paths.append(authorities.path) }
        return paths
    }

    private static func paths(_ backend: Configuration.Backend) -> [String] {
        guard let tls = backend.tls else { return [] }
        return [tls.authorities, tls.certificate?.certificate, tls.certificate?.key].compactMap { $0?.path }
    }

    /// The most that is read of one file.
    private static let maximum = 2 << 20

    private static func bytes(_ path: String) -> [UInt8]? {
        guard let file = try? OpenFile(path: path), file.size <= maximum else { return nil }
        var bytes = [UInt8](repeating: 0, count: maximum)
        let count = bytes.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, $0.count, 0) }
        return count < 0 ? nil : Array(bytes.prefix(count))
    }
}
