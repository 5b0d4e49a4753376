import Model

extension Configuration {
    /// Reads and validates a configuration. Reads no file and asks nothing of the system: whether paths exist and addresses can be
    /// bound is for those who use them.
    ///
    /// - Parameters:
    ///   - yaml: the bytes of the file, 1 MB at most.
    ///   - file: its name, for faults; relative paths inside are taken from its folder.
    ///   - environment: what `${NAME}` stands for.
    /// - Throws: everything that is wrong, at once, in the order of the file. A file that is no YAML has the one fault where reading
    ///   it had to stop.
    package static func load(
        yaml: [UInt8], file: String, environment: [String: String]
    ) throws(ConfigurationFaults) -> Configuration {
        let (root, syntax) = YAMLReader.read(yaml)
        var reading = Reading(file: file, environment: environment, isPartial: !syntax.isEmpty)
        let configuration = root.flatMap { schema.read($0, &reading) }
        let faults = syntax + reading.faults
        if faults.isEmpty, let configuration { return configuration }
        throw ConfigurationFaults(faults.map { Fault(file: file, at: $0.position, $0.message) })
    }

    package static func load(
        yaml: String, file: String, environment: [String: String]
    ) throws(ConfigurationFaults) -> Configuration {
        try load(yaml: Array(yaml.utf8), file: file, environment: environment)
    }

    /// What `tandem serve DIR` runs with, where no file is read: site `default` for every host on port 8080, the dashboard on 8081
    /// for this machine alone, data under `.tandem`.
    /// - Parameter directory: where `.tandem` is made.
    package static func withoutFile(directory: String = ".", port: UInt16 = 8080, adminPort: UInt16 = 8081) -> Configuration {
        var site = Site(name: .default)
        site.hosts = [.any]
        var configuration = Configuration()
        configuration.data = (directory.hasSuffix("/") ? directory : directory + "/") + ".tandem"
        configuration.listen = [Listener(address: .tcp(host: "0.0.0.0", port: port))]
        configuration.admin.address = .tcp(host: "127.0.0.1", port: adminPort)
        configuration.sites = [site]
        return configuration
    }

    /// Every key with the value in force, as YAML that reads back to the same, but for secrets, which are masked.
    package var effectiveYAML: String {
        Self.schema.write(self).yaml
    }
}
