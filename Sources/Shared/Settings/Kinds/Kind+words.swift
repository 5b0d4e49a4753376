extension Kind {
    /// One of a few words.
    static func words(_ label: String, _ pairs: [(word: String, value: Value)]) -> Kind where Value: Equatable {
        let words = pairs.map(\.word)
        return Kind(
            shape: .words(words),
            read: { node, reading in
                guard let text = reading.text(node, expected: words.map { "\"\($0)\"" }.joined(separator: " or ")) else { return nil }
                if let pair = pairs.first(where: { $0.word == text.expanded }) { return pair.value }
                if words.count == 1 {
                    reading.fault(text, "expected \"\(words[0])\", found \(text.quoted)")
                } else {
                    let hint = Nearest.hint(for: text.written, among: words)
                    reading.fault(
                        text, "unknown \(label) \(text.quoted)\(hint.isEmpty ? ": one of \(words.joined(separator: ", "))" : hint)")
                }
                return nil
            },
            write: { value in pairs.first { $0.value == value }.map { .scalar($0.word) } })
    }

    /// The cases of an enum whose raw values are the words.
    static func words(_ label: String) -> Kind where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
        words(label, Value.allCases.map { ($0.rawValue, $0) })
    }

    /// One word that is there, beside others whose capabilities do not exist yet.
    /// - Parameter refused: the capability that a node, or its text, asks for; nil if it asks for none that is known.
    static func only(_ word: String, means value: Value, refused: @escaping (Node, String?) -> String?) -> Kind where Value: Equatable {
        let kind = Kind.words("value", [(word, value)])
        return Kind(
            shape: .words([word]),
            read: { node, reading in
                if let capability = refused(node, reading.expanded(node)) {
                    reading.fault(node.position, "\"\(capability)\" is not yet available")
                    return nil
                }
                return kind.read(node, &reading)
            },
            write: kind.write)
    }

    /// A word with a meaning of its own, or what `kind` reads.
    static func word(_ word: String, means value: Value, or kind: Kind) -> Kind where Value: Equatable {
        Kind(
            shape: .either([.words([word]), kind.shape]),
            read: { node, reading in
                if reading.expanded(node) == word { return value }
                guard kind.shape.accepts(node) else {
                    reading.wrongType(node, expected: "\"\(word)\" or \(kind.shape.phrase)")
                    return nil
                }
                // What is neither is told both.
                if case .integer = kind.shape, let text = reading.text(node, expected: word), Quantity.digits(text.expanded[...]) == nil {
                    reading.fault(text, "expected \"\(word)\" or \(kind.shape.phrase), found \(text.quoted)")
                    return nil
                }
                return kind.read(node, &reading)
            },
            write: { $0 == value ? .scalar(word) : kind.write($0) })
    }

    /// What one of two types reads that no node is both of, as a list and a mapping.
    func or(_ other: Kind) -> Kind {
        Kind(
            shape: .either([shape, other.shape]),
            read: { node, reading in shape.accepts(node) ? read(node, &reading) : other.read(node, &reading) },
            write: { write($0) ?? other.write($0) })
    }

    /// The same type as another value.
    func map<Other>(_ to: @escaping (Value) -> Other, back: @escaping (Other) -> Value?) -> Kind<Other> {
        Kind<Other>(
            shape: shape, read: { node, reading in read(node, &reading).map(to) }, write: { other in back(other).flatMap(write) })
    }
}
