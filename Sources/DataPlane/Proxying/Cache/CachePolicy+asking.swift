import Caching
import Snapshots

extension CachePolicy {
    /// Whether a request is for nobody else.
    func bypasses(_ request: Caching.FieldLines) -> Bool {
        bypass.contains { kind in
            switch kind {
            case .header(let name): request.contains(name)
            case .cookie(let name):
                request["cookie"].contains { field in
                    field.split(separator: UInt8(ascii: ";")).contains { pair in
                        let text = pair.drop { $0 == 0x20 }
                        return text.starts(with: name.utf8) && text.dropFirst(name.utf8.count).first == UInt8(ascii: "=")
                    }
                }
            }
        }
    }
}

extension GuardPolicy {
    /// Rules that were read by the configuration compile.
    var guardRules: [GuardRule] { rules.compactMap { try? GuardRule($0.isOfQuery ? .query : .name, $0.pattern, $0.kind) } }
}
