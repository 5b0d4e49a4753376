extension Configuration {
    /// `docs/configuration.md`: each section a table, made from the schema.
    package static var reference: String {
        var out = """
            # Configuration

            <!-- Made from the schema: a test compares. To write it anew: TANDEM_WRITE_DOCS=1 swift test --filter ReferenceTests -->

            One YAML file: `-c FILE`, else `./tandem.yaml`, else `/etc/tandem/tandem.yaml`. The shortest useful one:

            ```yaml
            listen: [{address: "0.0.0.0:8080"}]
            sites:
              shop: {hosts: ["*"]}
            ```

            - `tandem check` prints every fault as `FILE:LINE:COLUMN: error: …`, all at once. Unknown keys are faults, with the nearest
              key that exists; so are keys of capabilities that are not yet available.
            - Durations are written `500ms 30s 15m 24h 7d`, sizes `64KB 256MB 1GB` (powers of 1024), shares `5%` or `0.25%`.
            - Scalars are read as written: `off`, `on` and `no` are words.
            - `${NAME}` inside a scalar takes an environment variable, after parsing; one that is not set is a fault. `$${NAME}` stands for
              the characters themselves.
            - Relative paths begin at the folder of the file.
            - Anchors, aliases, merge keys, tags and several documents in a file are refused; the file is 1 MB at most.
            - `tandem config schema` prints the JSON Schema for editors, `tandem config show` every value in force, with secrets masked.


            """
        Shape.writeTables(schema.shape, path: "", into: &out)
        return out
    }
}

extension Shape {
    fileprivate static func writeTables(_ shape: Shape, path: String, into out: inout String) {
        switch shape {
        case .section(let keys):
            guard !keys.isEmpty else { return }
            out += path.isEmpty ? "## Top level\n\n" : "## `\(path)`\n\n"
            out += "| key | type | default | meaning |\n|---|---|---|---|\n"
            for key in keys {
                let doc = key.isAvailable ? key.doc : "*Not yet available.* \(key.doc)"
                out += "| `\(key.name)` | \(key.isAvailable ? key.shape.words : "–") | \(key.defaultWords) | \(cell(doc)) |\n"
            }
            out += "\n"
            for key in keys { writeTables(key.shape, path: path.isEmpty ? key.name : "\(path).\(key.name)", into: &out) }
        case .list(let item, _): writeTables(item, path: path + "[]", into: &out)
        case .map(let key, _, let value, _): writeTables(value, path: "\(path).<\(key)>", into: &out)
        case .either(let shapes): for shape in shapes { writeTables(shape, path: path, into: &out) }
        case .text, .integer, .words: return
        }
    }

    fileprivate var words: String {
        switch self {
        case .text(let label, _, let range): range.map { "\(label), \($0)" } ?? label
        case .integer(let range): "number, \(range.lowerBound)–\(range.upperBound)"
        case .words(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(.section, _): "list of sections"
        case .list(let item, _): "list: \(item.words)"
        case .map(let key, _, .section, _): "section for each \(key)"
        case .map(let key, _, let value, _): "\(key) → \(value.words)"
        case .section: "section"
        case .either(let shapes): shapes.map(\.words).joined(separator: " or ")
        }
    }

    fileprivate static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}

extension KeyShape {
    fileprivate var defaultWords: String {
        if isRequired { return "required" }
        switch standard {
        case .scalar(let text)?: return "`\(text)`"
        case .list(let items)?:
            let scalars = items.compactMap { if case .scalar(let text) = $0 { text } else { nil } }
            guard scalars.count == items.count else { return name == "routes" ? "`[{path: /*, release: {}}]`" : "–" }
            return "`[\(scalars.joined(separator: ", "))]`"
        case .map(let entries)? where entries.isEmpty: return "`{}`"
        case .map?, nil: return "–"
        }
    }
}
