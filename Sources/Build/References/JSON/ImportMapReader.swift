//     { "imports":   { "app": "./js/app.js", "/js/a.js": "/js/b.js" },      addresses, and keys that are URLs themselves
//       "scopes":    { "/admin/": { "app": "./js/admin.js" } },             a scope is an area, not a file
//       "integrity": { "./js/app.js": "sha384-…" } }                        keys are URLs; values are digests

/// Finds the URLs of an import map (HTML §8.1.5.2).
package enum ImportMapReader {
    /// - Parameter range: where the map stands in the file: all of it, or the text of a `script` element.
    package static func read(_ bytes: [UInt8], in range: Range<Int>? = nil) -> Reading {
        Reading.json(bytes, in: range ?? 0..<bytes.count) { cursor, reading in
            cursor.members { name, value in
                switch name.value {
                case "imports": specifiers(&value, &reading)
                case "scopes": value.members { _, scope in specifiers(&scope, &reading) }
                case "integrity":
                    value.members { url, digest in
                        guard isURL(url.value) else { return }
                        reading.add(integrity: digest.string(), of: url)
                    }
                default: break
                }
            }
        }
    }

    private static func specifiers(_ cursor: inout JSONCursor, _ reading: inout Reading) {
        cursor.members { key, address in
            if isURL(key.value) { reading.add(key, .importMapKey) }
            reading.add(address.string(), .importMapAddress)
        }
    }

    /// A specifier that is no bare name (HTML §8.1.5.3, "resolve a URL-like module specifier").
    private static func isURL(_ specifier: String) -> Bool {
        specifier.hasPrefix("/") || specifier.hasPrefix("./") || specifier.hasPrefix("../")
    }
}

extension Reading {
    /// A member of `integrity`: the key is what the browser will fetch, so an address, and the value its digest.
    fileprivate mutating func add(integrity digest: JSONCursor.Text?, of url: JSONCursor.Text) {
        guard canNameFile(url.value) else { return }
        references.append(
            Reference(
                span: url.span, target: url.value, role: .importMapAddress, notation: [.json],
                integrity: digest.map { .value($0.span) }))
    }
}
