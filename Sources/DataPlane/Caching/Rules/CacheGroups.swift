/// `Cache-Groups` and `Cache-Group-Invalidation` (RFC 9875): lists of strings (RFC 9651 §3.1), compared character by character, each
/// meaning something within its origin only.
enum CacheGroups {
    /// More than these are ignored; the RFC asks for 32 of 32 characters (§2).
    static let most = 128

    /// - Parameter lines: the field's values, in order; together they are one list.
    /// - Returns: nil where the list is malformed anywhere, or has other members than strings: then the field counts as absent.
    static func names(_ lines: [[UInt8]]) -> [String]? {
        var names: [String] = []
        for member in lines.flatMap({ ListMembers.of($0) }) {
            guard let dictionary = StructuredDictionary([Array("g=".utf8) + member]), case .string(let name)? = dictionary.values["g"]
            else {
                return nil
            }
            names.append(name)
        }
        return Array(names.prefix(most))
    }
}
