/// What a file is called whatever its content: files of one logical name in two releases are versions of each other, and the
/// older one is the dictionary for the newer (RFC 9842).
package struct LogicalName: Hashable, Sendable {
    /// The path up to the fingerprint; all of it where there is none in the path.
    package let before: String
    /// What follows the fingerprint, its separator kept on both sides.
    package let after: String?

    /// - Parameters:
    ///   - name: as a release holds it, without a leading slash; a query is no part of the logical name.
    ///   - isFingerprinted: whether the name means one content; of others the whole path stays.
    /// - Returns: nil where the fingerprint is all that the file is called: every such file of the folder would be one.
    package init?(_ name: UnsafeRawBufferPointer, isFingerprinted: Bool) {
        let path = UnsafeRawBufferPointer(rebasing: name.prefix { $0 != UInt8(ascii: "?") })
        guard isFingerprinted, let found = Fingerprint(in: path.bindMemory(to: UInt8.self)) else {
            before = String(decoding: path, as: UTF8.self)
            after = nil
            return
        }
        if found.form == .bareStem || found.form == .immutableFolder { return nil }
        before = String(decoding: path[..<found.token.lowerBound], as: UTF8.self)
        after = String(decoding: path[found.token.upperBound...], as: UTF8.self)
    }
}
