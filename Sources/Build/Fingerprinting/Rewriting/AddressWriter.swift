import References

/// Writes the address of a file under its new name, in the way the old one was written.
struct AddressWriter: Sendable {
    var mode: DigestOptions.Mode
    /// With `{build}` filled in.
    var prefix: AddressPrefix

    /// What the address leads to.
    struct Target: Hashable, Sendable {
        var oldName: String
        var newName: String
        /// Set where the digest stands in the query.
        var query: String?
        /// Whether it is served from behind the prefix: what is fingerprinted is, documents stay with the site.
        var isAsset: Bool
    }

    /// - Parameter isFromAsset: whether the file that holds the reference is itself behind the prefix: what is beside it then
    ///   stays beside it.
    /// - Returns: the text of the URL, before any notation.
    func address(_ written: String, role: Reference.Role, to target: Target, isFromAsset: Bool) -> String {
        var address = AddressText(written)
        let isRaw = address.path.utf8.contains { $0 >= 0x80 }
        if usesPrefix(address, role: role, target: target, isFromAsset: isFromAsset) {
            address.path = prefix.text + PathEscape.make(target.newName, isRaw: isRaw)
        } else if target.newName != target.oldName {
            let folder =
                address.path.utf8.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
                .map { String(address.path[...$0]) } ?? ""
            address.path = folder + PathEscape.make(String(TreePath.last(of: target.newName)), isRaw: isRaw)
        }
        if let query = target.query { address.query = Self.query(address.query, digest: query) }
        return address.text
    }

    private func usesPrefix(_ address: AddressText, role: Reference.Role, target: Target, isFromAsset: Bool) -> Bool {
        guard !prefix.isNone, target.isAsset else { return false }
        // A worker must have the origin of its page (HTML §10.2.6.3).
        if prefix.isOtherOrigin, role == .worker || role == .serviceWorker || role == .importedScript { return false }
        return !(isFromAsset && address.form == .relative)
    }

    /// A query that was a version is replaced; any other stays behind the one that counts. The whole query, or its `v`, is what
    /// belongs to a name.
    static func query(_ old: String?, digest: String) -> String {
        guard let old, !old.isEmpty, !isVersion(old) else { return digest }
        var rest = old.split(separator: "&", omittingEmptySubsequences: false)
        if let first = rest.first, first.hasPrefix("v=") { rest.removeFirst() }
        return (["v=\(digest)"] + rest).joined(separator: "&")
    }

    /// `65b61c1a…`, `v=12`, `12`.
    private static func isVersion(_ query: String) -> Bool {
        let value = query.hasPrefix("v=") ? query.dropFirst(2) : query[...]
        return !value.isEmpty
            && value.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
                    || (query.hasPrefix("v=") && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")))
            }
    }
}
