/// What may stand at a key, as data: the JSON Schema and the reference are made from it.
indirect enum Shape {
    /// Text with a form of its own. `pattern` is a regular expression of ECMA-262 for the whole text.
    case text(label: String, pattern: String?, range: String? = nil)
    case integer(ClosedRange<Int>)
    case words([String])
    case list(Shape, count: ClosedRange<Int>)
    /// Keys that the user names.
    case map(key: String, keyPattern: String, Shape, atLeast: Int)
    case section([KeyShape])
    case either([Shape])
}

extension Shape {
    /// Whether a node is of the right type, whatever it says.
    func accepts(_ node: Node) -> Bool {
        switch (self, node.content) {
        case (.either(let shapes), _): shapes.contains { $0.accepts(node) }
        case (.text, .scalar), (.integer, .scalar), (.words, .scalar): !node.isEmpty
        case (.list, .list), (.map, .map), (.section, .map): true
        default: false
        }
    }

    static func article(_ noun: String) -> String {
        (noun.first.map("aeiou".contains) == true ? "an " : "a ") + noun
    }

    /// For a message: what was expected.
    var phrase: String {
        switch self {
        case .text(let label, _, _): Self.article(label)
        case .integer: "a whole number"
        case .words(let words): words.map { "\"\($0)\"" }.joined(separator: " or ")
        case .list: "a list"
        case .map, .section: "a mapping"
        case .either(let shapes): shapes.map(\.phrase).joined(separator: " or ")
        }
    }
}

/// A key as data.
struct KeyShape {
    var name: String
    var doc: String
    var shape: Shape
    /// As it would be written; nil for none.
    var standard: Written?
    var isRequired: Bool
    var isAvailable: Bool
}

/// A value as it would be written.
indirect enum Written {
    case scalar(String)
    case list([Written])
    case map([(key: String, value: Written)])
}
