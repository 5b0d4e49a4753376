/// A type of the configuration: how it is described, read and written. Reading returns nil when it has noted a fault.
struct Kind<Value> {
    let shape: Shape
    let read: (Node, inout Reading) -> Value?
    /// nil where there is nothing to write.
    let write: (Value) -> Written?
}

extension Kind {
    /// A scalar with a form of its own.
    /// - Parameters:
    ///   - label: what it is, for messages and the reference: `duration`.
    ///   - most: bytes of it.
    ///   - hasLines: whether it may have several, as a text that is sent may.
    ///   - parse: the value, or what is wrong with the text.
    static func scalar(
        _ label: String, pattern: String? = nil, range: String? = nil, most: Int = Reading.maximumTextCount, hasLines: Bool = false,
        parse: @escaping (Reading.Text, inout Reading) -> Value?,
        write: @escaping (Value) -> String
    ) -> Kind {
        Kind(
            shape: .text(label: label, pattern: pattern, range: range),
            read: { node, reading in
                reading.text(node, expected: Shape.article(label), most: most, hasLines: hasLines).flatMap { parse($0, &reading) }
            },
            write: { .scalar(write($0)) })
    }

    static func section(_ section: Section<Value>) -> Kind {
        Kind(shape: section.shape, read: { section.read($0, &$1) }, write: { section.write($0) })
    }

    /// A section that is read into a draft, for values that cannot be without one of their keys.
    static func section<Draft>(
        _ section: Section<Draft>, finish: @escaping (Draft) -> Value?, draft: @escaping (Value) -> Draft
    ) -> Kind {
        Kind(shape: section.shape, read: { section.read($0, &$1).flatMap(finish) }, write: { section.write(draft($0)) })
    }
}

extension Kind {
    /// - Parameters:
    ///   - count: how many items; bounded, because some are compared with each other.
    ///   - check: what items must be to each other; runs when each could be read.
    static func list<Item>(
        _ item: Kind<Item>, count: ClosedRange<Int> = 0...10_000,
        check: @escaping ([(value: Item, position: Position)], inout Reading) -> Void = { _, _ in }
    ) -> Kind where Value == [Item] {
        Kind(
            shape: .list(item.shape, count: count),
            read: { node, reading in
                guard case .list(let nodes) = node.content else {
                    reading.wrongType(node, expected: "a list")
                    return nil
                }
                guard nodes.count <= count.upperBound else {
                    reading.fault(node.position, "the list is longer than \(count.upperBound) items")
                    return nil
                }
                if nodes.count < count.lowerBound, !reading.isPartial {
                    reading.fault(node.position, "the list is empty: it needs at least one item")
                }
                let before = reading.faults.count
                let items = nodes.compactMap { node in item.read(node, &reading).map { ($0, node.position) } }
                // With an item missing, its neighbours would be blamed.
                if reading.faults.count == before, !reading.isPartial { check(items, &reading) }
                return items.map(\.0)
            },
            write: { .list($0.compactMap(item.write)) })
    }

    /// A mapping whose keys the user names, as a list in the order of the file.
    /// - Parameter fold: what two names must not share.
    static func map<Name, Item>(
        _ label: String, keyPattern: String, _ item: Kind<Item>, atLeast: Int = 0,
        fold: @escaping (String) -> String = { $0 }, name: @escaping (String, Position, inout Reading) -> Name?,
        join: @escaping (Name, Item) -> Value.Element,
        split: @escaping (Value.Element) -> (String, Item)
    ) -> Kind where Value: RangeReplaceableCollection {
        Kind(
            shape: .map(key: label, keyPattern: keyPattern, item.shape, atLeast: atLeast),
            read: { node, reading in
                guard case .map(let entries) = node.content else {
                    reading.wrongType(node, expected: "a mapping")
                    return nil
                }
                if entries.count < atLeast, !reading.isPartial {
                    reading.fault(node.position, "the mapping is empty: it needs at least one \(label)")
                }
                var out = Value()
                var seen: [String: Position] = [:]
                for entry in entries {
                    if let first = seen.updateValue(entry.keyPosition, forKey: fold(entry.key)) {
                        reading.fault(entry.keyPosition, "the \(label) \(Quoted(entry.key)) stands in line \(first.line) already")
                    }
                    let key = name(entry.key, entry.keyPosition, &reading)
                    let value = item.read(entry.value, &reading)
                    if let key, let value { out.append(join(key, value)) }
                }
                return out
            },
            write: { values in
                .map(
                    values.compactMap { value in
                        let (key, content) = split(value)
                        return item.write(content).map { (key, $0) }
                    })
            })
    }
}
