import Blobs
import Certificates
import Handover
import Model
import Serving
import Settings
import Snapshots

// Files that a configuration names.
extension Node {
    /// What each listener with TLS shakes hands with, by its position.
    func certificates(
        _ directory: DataDirectory, _ copied: CopiedFiles
    ) throws(ConfigurationFaults) -> [Int: ListenerCertificates] {
        let now = Self.wallClock()
        var found: [Int: ListenerCertificates] = [:]
        for (index, listener) in configuration.listen.enumerated() {
            found[index] = try ListenerCertificates.open(
                listener, copied, authorityFolder: directory.root + "/authority", names: configuration.certificateNames, now: now,
                isStrict: false)
        }
        return found
    }

    /// Everything that is wrong with the files that a configuration names: certificates and error pages.
    package static func fileFaults(_ configuration: Configuration, _ copy: [ConfigurationCopy.File] = []) -> [Fault] {
        var faults = certificateFaults(configuration, copy) + BackendEncryption.faults(configuration, CopiedFiles(copy))
        for site in configuration.sites { _ = ErrorPages(reading: site.errors, faults: &faults) }
        return faults
    }

    /// The internal authority is not asked.
    private static func certificateFaults(_ configuration: Configuration, _ copy: [ConfigurationCopy.File]) -> [Fault] {
        let copied = CopiedFiles(copy)
        return configuration.listen.flatMap { listener -> [Fault] in
            guard case .files? = listener.tls else { return [] }
            do throws(ConfigurationFaults) {
                _ = try ListenerCertificates.open(listener, copied, authorityFolder: "", names: [], now: wallClock(), isStrict: true)
                return []
            } catch {
                return error.faults
            }
        }
    }
}

extension CopiedFiles {
    init(_ files: [ConfigurationCopy.File]) {
        self.init(Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first })
    }
}
