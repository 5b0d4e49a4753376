/// Where the assets will be served from: `/static/`, `https://cdn.example/`, `/{build}/`.
///
/// `{build}` is the digest of the input tree; the id of the release would be circular. `{node}` stays as it is and is filled in
/// by whoever serves the page.
package struct AddressPrefix: Hashable, Sendable {
    package static let none = AddressPrefix(text: "", origin: "", path: "/")

    /// As given, with a slash at the end; empty: none.
    package let text: String
    /// `https://cdn.example` or `//cdn.example`; empty where it is only a path.
    private let origin: String
    /// From the first slash after the origin to the last.
    private let path: String

    private init(text: String, origin: String, path: String) {
        self.text = text
        self.origin = origin
        self.path = path
    }

    /// - Throws: for what is neither a path nor an HTTP URL.
    package init(_ text: String) throws(AddressPrefixFault) {
        let whole = text.hasSuffix("/") ? text : text + "/"
        guard !whole.contains("?"), !whole.contains("#"), !whole.contains(where: \.isWhitespace) else {
            throw AddressPrefixFault(text: text)
        }
        let rest: Substring
        if whole.hasPrefix("//") {
            rest = whole.dropFirst(2)
        } else if let scheme = ["https://", "http://"].first(where: whole.hasPrefix) {
            rest = whole.dropFirst(scheme.count)
        } else {
            guard whole.hasPrefix("/") else { throw AddressPrefixFault(text: text) }
            self.init(text: whole, origin: "", path: whole)
            return
        }
        guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else { throw AddressPrefixFault(text: text) }
        self.init(text: whole, origin: String(whole[..<slash]), path: String(whole[slash...]))
    }

    package var isNone: Bool { text.isEmpty }
    /// Whether what it leads to has another origin than the page: workers may not, and plain paths lead elsewhere there.
    var isOtherOrigin: Bool { !origin.isEmpty }
    package var needsBuild: Bool { text.contains("{build}") }

    func filled(build: String) -> AddressPrefix {
        func fill(_ text: String) -> String {
            guard let open = text.range(of: "{build}") else { return text }
            return text.replacingCharacters(open, with: build)
        }
        return AddressPrefix(text: fill(text), origin: fill(origin), path: fill(path))
    }

    /// The path in the tree that an address leads to.
    /// - Returns: with a leading slash; nil where it leads out of the tree.
    func local(_ address: AddressText) -> String? {
        switch address.form {
        case .elsewhere:
            guard isOtherOrigin, address.path.hasPrefix(text) else { return nil }
            return "/" + address.path.dropFirst(text.count)
        case .absolutePath:
            // The tree is the folder behind the prefix; a CDN mirrors the whole site.
            guard !isOtherOrigin, path != "/", address.path.hasPrefix(path) else { return address.path }
            return "/" + address.path.dropFirst(path.count)
        case .relative, .sameDocument, .template: return nil
        }
    }

    /// Whether a plain path that is not behind the prefix may be none of ours: then it is nobody's fault when it is not found.
    func mayBeForeign(_ address: AddressText) -> Bool {
        address.form == .absolutePath && !isOtherOrigin && path != "/" && !address.path.hasPrefix(path)
    }
}

package struct AddressPrefixFault: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: String

    package var description: String {
        "\(text) is no prefix for addresses\nIt is a path (/static/), or the address of a host (https://cdn.example/)."
    }
}

extension String {
    fileprivate func range(of word: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(word) { return at..<index(at, offsetBy: word.count) }
            at = index(after: at)
        }
        return nil
    }

    fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
