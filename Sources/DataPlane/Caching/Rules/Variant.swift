/// Which of the responses stored under one URI a request selects (RFC 9111 §4.1): the fields that `Vary` names must say the same.
///
/// Two requests say the same where their values differ by spaces alone, or by how they are spread over lines. `Accept-Encoding` is compared
/// by what it asks for, in the order of our own codings, so that the many ways in which clients write it make few variants, and
/// `Accept-Language` by which languages it likes how much.
package struct Variant: Hashable, Sendable {
    /// What each nominated field said; absent fields too.
    package let values: [String: String?]

    /// Nil for `Vary: *`, which nothing ever fits.
    package init?(vary: FieldLines, request: FieldLines) {
        var values: [String: String?] = [:]
        for member in vary.members("vary") {
            let name = String(decoding: member, as: UTF8.self).lowercased()
            if name == "*" { return nil }
            values[name] = .some(Self.said(name, request))
        }
        self.values = values
    }

    init(values: [String: String?]) { self.values = values }

    /// The same text for the same variant.
    var text: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.map { "\"\($0)\"" } ?? "-")" }.joined(separator: "\n")
    }

    /// What another request says in the same fields.
    func of(_ request: FieldLines) -> Variant {
        Variant(values: Dictionary(uniqueKeysWithValues: values.keys.map { ($0, Self.said($0, request)) }))
    }

    package func fits(_ request: FieldLines) -> Bool {
        values.allSatisfy { name, value in Self.said(name, request) == value }
    }

    private static func said(_ name: String, _ request: FieldLines) -> String? {
        guard request.contains(name) else { return nil }
        let members = request.members(name).map { String(decoding: $0, as: UTF8.self) }
        switch name {
        case "accept-encoding": return codings(members)
        case "accept-language": return LanguageWishes(members).text
        default: return members.joined(separator: ", ")
        }
    }

    /// The codings that may be answered with, without weights that change nothing, in the order of their names.
    private static func codings(_ members: [String]) -> String {
        members.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
            .map { $0.hasSuffix(";q=1") || $0.hasSuffix(";q=1.0") ? String($0.prefix { $0 != ";" }) : $0 }
            .sorted().joined(separator: ",")
    }
}
