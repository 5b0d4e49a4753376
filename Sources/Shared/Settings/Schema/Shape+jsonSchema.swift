extension Configuration {
    /// The JSON Schema (draft 2020-12) of the configuration, for editors and for `tandem config schema`. It holds what a key may say
    /// by itself; what keys must be to each other is checked by `load` alone.
    package static var jsonSchema: String {
        guard case .object(let members) = schema.shape.jsonSchema else { return "" }
        let head: [(name: String, value: JSONText)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("Tandem configuration")),
        ]
        // A variable may stand in any scalar; what it holds is checked when it is known.
        let variable = JSONText.object([
            ("type", .string("string")), ("pattern", .string(Interpolation.pattern)),
            ("description", .string("Takes an environment variable.")),
        ])
        return JSONText.object(head + members + [("$defs", .object([("variable", variable)]))]).text
    }
}

extension Shape {
    fileprivate var jsonSchema: JSONText {
        switch self {
        case .text(_, nil, _): return .object([("type", .string("string")), ("minLength", .integer(1))])
        case .text, .integer, .words, .either:
            return .object([("anyOf", .array(alternatives + [.object([("$ref", .string("#/$defs/variable"))])]))])
        case .list(let item, let count):
            return .object(
                [("type", .string("array")), ("items", item.jsonSchema), ("maxItems", .integer(count.upperBound))]
                    + Self.minimum("minItems", count.lowerBound))
        case .map(_, let pattern, let value, let atLeast):
            return .object(
                [
                    ("type", .string("object")), ("propertyNames", .object([("pattern", .string(pattern))])),
                    ("additionalProperties", value.jsonSchema),
                ] + Self.minimum("minProperties", atLeast))
        case .section(let keys):
            let required = keys.filter(\.isRequired).map { JSONText.string($0.name) }
            return .object(
                [
                    ("type", .string("object")), ("properties", .object(keys.map { ($0.name, $0.jsonSchema) })),
                    ("additionalProperties", .bool(false)),
                ] + (required.isEmpty ? [] : [("required", .array(required))]))
        }
    }

    /// What may stand there besides a variable.
    private var alternatives: [JSONText] {
        switch self {
        case .text(_, let pattern?, _): [.object([("type", .string("string")), ("pattern", .string(pattern))])]
        case .integer(let range):
            [
                .object([
                    ("type", .string("integer")), ("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound)),
                ])
            ]
        case .words(let words):
            // Editors read 308 as a number; the loader reads the text.
            [.object([("enum", .array(words.map(JSONText.string) + words.compactMap(Int.init).map(JSONText.integer)))])]
        case .either(let shapes): shapes.flatMap(\.alternatives)
        case .text, .list, .map, .section: [jsonSchema]
        }
    }

    private static func minimum(_ name: String, _ count: Int) -> [(name: String, value: JSONText)] {
        count > 0 ? [(name, .integer(count))] : []
    }
}

extension KeyShape {
    fileprivate var jsonSchema: JSONText {
        guard isAvailable else {
            return .object([("description", .string("\(doc) Not yet available.")), ("not", .object([]))])
        }
        guard case .object(let members) = shape.jsonSchema else { return .bool(true) }
        return .object([("description", .string(doc))] + members + (defaultJSON.map { [("default", $0)] } ?? []))
    }

    private var defaultJSON: JSONText? {
        if isRequired { return nil }
        switch standard {
        case .scalar(let text)?: return Int(text).map(JSONText.integer) ?? .string(text)
        case .list(let items)?:
            let scalars = items.compactMap { if case .scalar(let text) = $0 { JSONText.string(text) } else { nil } }
            return scalars.count == items.count ? .array(scalars) : nil
        case .map?, nil: return nil
        }
    }
}
