import Model

/// A configuration as it was when a reload began: what is validated is what runs, whatever happens to the files meanwhile.
package struct ConfigurationCopy: Packed, Hashable {
    package struct File: Packed, Hashable {
        package var path: String
        package var bytes: [UInt8]

        package init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }

        package func pack(into packer: inout Packer) {
            packer.add(path)
            packer.add(bytes)
        }

        package init(from unpacker: inout Unpacker) throws(HandoverFault) {
            path = try unpacker.text()
            bytes = try unpacker.data()
        }
    }

    /// nil: none is read, `serve DIR` or the defaults.
    package var configuration: File?
    /// Certificates, keys and authorities, by the path that the configuration names.
    package var certificates: [File]

    package init(configuration: File?, certificates: [File] = []) {
        self.configuration = configuration
        self.certificates = certificates
    }

    /// Tells one copy from another; what `tandem status` shows.
    package var hash: String {
        String(packed.withUnsafeBytes { ContentDigest(of: $0) }.hex.prefix(12))
    }

    package func pack(into packer: inout Packer) {
        packer.add(configuration)
        packer.add(certificates)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        configuration = try unpacker.optional()
        certificates = try unpacker.list()
    }
}
