/// A key of a section, described once: its name, type, place in the Swift value, and what it says to people. Checking, reading,
/// writing, the JSON Schema and the reference all follow from it.
struct Key<Owner> {
    let name: String
    let doc: String
    let shape: Shape
    let isRequired: Bool
    let isAvailable: Bool
    let read: (Node, inout Owner, inout Reading) -> Void
    let write: (Owner) -> Written?

    init<Value>(_ name: String, _ place: WritableKeyPath<Owner, Value>, _ kind: Kind<Value>, required: Bool = false, _ doc: String) {
        self.init(
            name: name, doc: doc, shape: kind.shape, isRequired: required, isAvailable: true,
            read: { node, owner, reading in
                if let value = kind.read(node, &reading) { owner[keyPath: place] = value }
            },
            write: { kind.write($0[keyPath: place]) })
    }

    /// A key that may be left out without another value taking its place.
    init<Value>(_ name: String, _ place: WritableKeyPath<Owner, Value?>, _ kind: Kind<Value>, required: Bool = false, _ doc: String) {
        self.init(
            name: name, doc: doc, shape: kind.shape, isRequired: required, isAvailable: true,
            read: { node, owner, reading in
                if let value = kind.read(node, &reading) { owner[keyPath: place] = value }
            },
            write: { $0[keyPath: place].flatMap(kind.write) })
    }

    /// A key of the contract whose capability does not exist yet: refused, never ignored.
    static func notYet(_ name: String, _ doc: String) -> Key {
        Key(
            name: name, doc: doc, shape: .section([]), isRequired: false, isAvailable: false,
            read: { _, _, _ in }, write: { _ in nil })
    }

    private init(
        name: String, doc: String, shape: Shape, isRequired: Bool, isAvailable: Bool,
        read: @escaping (Node, inout Owner, inout Reading) -> Void, write: @escaping (Owner) -> Written?
    ) {
        self.name = name
        self.doc = doc
        self.shape = shape
        self.isRequired = isRequired
        self.isAvailable = isAvailable
        self.read = read
        self.write = write
    }
}

/// A mapping whose keys the schema names.
struct Section<Owner> {
    /// What it is when no key is given.
    let standard: Owner
    let keys: [Key<Owner>]
    /// What keys must be to each other.
    let check: (Owner, Fields, inout Reading) -> Void

    init(_ standard: Owner, _ keys: [Key<Owner>], check: @escaping (Owner, Fields, inout Reading) -> Void = { _, _, _ in }) {
        self.standard = standard
        self.keys = keys
        self.check = check
    }

    /// Where the keys of one mapping stand, and which of them are in order.
    struct Fields {
        fileprivate(set) var position: Position
        fileprivate var values: [String: Position] = [:]
        fileprivate var faulty: Set<String> = []
        /// Whether a key stood there that was refused: what was meant is not known then.
        fileprivate(set) var hasRefusal = false

        func isGiven(_ name: String) -> Bool { values[name] != nil }

        /// Where the first of them that is given stands, else the section.
        func at(_ names: String...) -> Position {
            names.lazy.compactMap { values[$0] }.first ?? position
        }

        /// Whether a check over these keys would speak of what was written.
        func areSound(_ names: String...) -> Bool { faulty.isDisjoint(with: names) }

        /// `7d`, or `7d by default`.
        func words(_ name: String, _ value: some CustomStringConvertible) -> String {
            isGiven(name) ? "\(value)" : "\(value) by default"
        }
    }

    var shape: Shape {
        .section(
            keys.map {
                KeyShape(
                    name: $0.name, doc: $0.doc, shape: $0.shape, standard: $0.isAvailable ? $0.write(standard) : nil,
                    isRequired: $0.isRequired, isAvailable: $0.isAvailable)
            })
    }

    /// - Returns: nil when `node` is no mapping, or a required key is missing or wrong.
    func read(_ node: Node, _ reading: inout Reading) -> Owner? {
        guard case .map(let entries) = node.content else {
            reading.wrongType(node, expected: "a mapping")
            return nil
        }
        var owner = standard
        var fields = Fields(position: node.position)
        // A required key that was meant, but mistyped, is not missing too.
        var mistyped: Set<String> = []
        for entry in entries {
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                let known = keys.filter(\.isAvailable).map(\.name)
                reading.fault(entry.keyPosition, "unknown key \(Quoted(entry.key))\(Nearest.hint(for: entry.key, among: known))")
                if let meant = Nearest.match(for: entry.key, among: known) { mistyped.insert(meant) }
                fields.hasRefusal = true
                continue
            }
            guard key.isAvailable else {
                reading.fault(entry.keyPosition, "\"\(key.name)\" is not yet available")
                fields.hasRefusal = true
                continue
            }
            let before = reading.faults.count
            key.read(entry.value, &owner, &reading)
            fields.values[key.name] = entry.value.position
            if reading.faults.count > before { fields.faulty.insert(key.name) }
        }
        var isComplete = true
        for key in keys where key.isRequired {
            if !fields.isGiven(key.name) {
                let isMistyped = mistyped.contains(key.name)
                if !reading.isPartial, !isMistyped { reading.fault(node.position, "\"\(key.name)\" is missing") }
                isComplete = false
            } else if !fields.areSound(key.name) {
                isComplete = false
            }
        }
        if !reading.isPartial { check(owner, fields, &reading) }
        return isComplete ? owner : nil
    }

    func write(_ owner: Owner) -> Written {
        .map(keys.compactMap { key in key.isAvailable ? key.write(owner).map { (key.name, $0) } : nil })
    }
}
