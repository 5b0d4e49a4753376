import CTandem

/// Finds bytes in bytes.
package enum ByteSearch {
    package static func contains(_ haystack: UnsafeRawBufferPointer, _ needle: [UInt8]) -> Bool {
        guard let base = haystack.baseAddress, !needle.isEmpty else { return false }
        return needle.withUnsafeBytes { tandem_memmem(base, haystack.count, $0.baseAddress, $0.count) != nil }
    }
}
