/// What a content that can be a dictionary is to a page, by its extension: what is large, changes little from release to release
/// and is asked for by the page itself.
package enum DictionaryRole: Hashable, Sendable {
    case script, style, webAssembly

    /// - Parameter name: a path, with or without a query.
    package init?(_ name: UnsafeRawBufferPointer) {
        let path = name.prefix { $0 != UInt8(ascii: "?") }
        guard let dot = path.lastIndex(of: UInt8(ascii: ".")), path.count - dot <= 5 else { return nil }
        let suffix = path[(dot + 1)...]
        if suffix.elementsEqual("js".utf8) || suffix.elementsEqual("mjs".utf8) {
            self = .script
        } else if suffix.elementsEqual("css".utf8) {
            self = .style
        } else if suffix.elementsEqual("wasm".utf8) {
            self = .webAssembly
        } else {
            return nil
        }
    }

    /// The destinations that the advertisement names (RFC 9842 §2.1.2); none: any, since a page gets WebAssembly by `fetch`, whose
    /// destination has no name.
    package var destinations: [String] {
        switch self {
        case .script: ["script", "worker"]
        case .style: ["style"]
        case .webAssembly: []
        }
    }
}
