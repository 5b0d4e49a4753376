// The parser that Yams carries and builds. Its events are read here, not Yams' own nodes, because those stop at the first
// duplicate key, put the anchored node in place of an alias (a few lines then stand for gigabytes), and recurse as deep as
// the file goes.
internal import CYaml

/// Reads the YAML that a configuration may use into a tree of nodes.
///
/// A subset: one document of mappings with scalar keys, lists and scalars. Anchors, aliases, merge keys, tags and directives are
/// refused: a configuration says each thing where it stands. The depth and the size are bounded, so that reading any bytes
/// costs bounded time and stack.
struct YAMLReader {
    /// 1 MB. The longest that makes sense is a few thousand routes.
    static let maximumByteCount = 1 << 20
    /// The deepest key of the schema stands at 7.
    static let maximumDepth = 32

    private static let tooDeep = "nested deeper than \(maximumDepth) levels"

    private(set) var faults: [(position: Position, message: String)] = []
    /// Collections that are open, outermost first.
    private var open: [Collection] = []
    private var root: Node?

    private struct Collection {
        var position: Position
        var isMap: Bool
        var items: [Node] = []
        var entries: [Node.Entry] = []
        /// Position of the first occurrence of each key.
        var seen: [String: Position] = [:]
        /// The key whose value comes next. A key that cannot be used is kept, so that its value finds its place.
        var key: (text: String?, position: Position)?
    }

    private init() {}

    /// - Returns: the root, and what is wrong so far; without a root there is at least one fault.
    static func read(_ bytes: [UInt8]) -> (root: Node?, faults: [(position: Position, message: String)]) {
        var reader = YAMLReader()
        guard bytes.count <= maximumByteCount else {
            reader.fault(.start, "the file is larger than 1 MB: this is no configuration of Tandem")
            return (nil, reader.faults)
        }
        if let bad = Utf8Check.firstFault(in: bytes) {
            reader.fault(bad, "not UTF-8: save the file in that encoding")
            return (nil, reader.faults)
        }
        let isWhole = reader.run(bytes)
        guard isWhole else { return (nil, reader.faults) }
        if reader.root == nil, reader.faults.isEmpty {
            reader.fault(.start, "the file is empty: it needs at least \"sites\" and \"listen\"")
        }
        return (reader.root, reader.faults)
    }

    private mutating func fault(_ position: Position, _ message: String) {
        faults.append((position, message))
    }

    // MARK: Events

    /// Returns whether the end of the stream was reached.
    private mutating func run(_ bytes: [UInt8]) -> Bool {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            fault(.start, "out of memory")
            return false
        }
        defer { yaml_parser_delete(&parser) }
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            var documentCount = 0
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) == 1 else {
                    syntaxFault(parser, bytes)
                    return false
                }
                defer { yaml_event_delete(&event) }
                let position = Position(event.start_mark)
                switch event.type {
                case YAML_STREAM_END_EVENT:
                    return true
                case YAML_DOCUMENT_START_EVENT:
                    documentCount += 1
                    if documentCount > 1 {
                        fault(position, "a second document begins here: a configuration is one document")
                        return false
                    }
                    let document = event.data.document_start
                    if document.version_directive != nil || document.tag_directives.start != document.tag_directives.end {
                        fault(position, "directives (%YAML, %TAG) are not supported")
                    }
                case YAML_ALIAS_EVENT:
                    fault(position, "aliases are not supported: put text that begins with * in quotes, \"\(Self.aliasText(event))\"")
                    add(Node(content: .scalar("", isPlain: false), position: position), isUsable: false)
                case YAML_SCALAR_EVENT:
                    scalar(event, at: position)
                case YAML_SEQUENCE_START_EVENT:
                    let start = event.data.sequence_start
                    refuseDecoration(anchor: start.anchor, tag: start.tag, at: position)
                    guard begin(isMap: false, at: position) else { return false }
                case YAML_MAPPING_START_EVENT:
                    let start = event.data.mapping_start
                    refuseDecoration(anchor: start.anchor, tag: start.tag, at: position)
                    guard begin(isMap: true, at: position) else { return false }
                case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
                    end()
                default:
                    break
                }
            }
        }
    }

    private mutating func scalar(_ event: yaml_event_t, at position: Position) {
        let scalar = event.data.scalar
        refuseDecoration(anchor: scalar.anchor, tag: scalar.tag, at: position)
        let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length)), as: UTF8.self)
        add(Node(content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), position: position), isUsable: true)
    }

    private mutating func begin(isMap: Bool, at position: Position) -> Bool {
        guard open.count < Self.maximumDepth else {
            fault(position, Self.tooDeep)
            return false
        }
        open.append(Collection(position: position, isMap: isMap))
        return true
    }

    private mutating func end() {
        guard let done = open.popLast() else { return }
        add(Node(content: done.isMap ? .map(done.entries) : .list(done.items), position: done.position), isUsable: true)
    }

    // MARK: The tree

    private mutating func add(_ node: Node, isUsable: Bool) {
        guard !open.isEmpty else {
            root = node
            return
        }
        let top = open.count - 1
        guard open[top].isMap else {
            if isUsable { open[top].items.append(node) }
            return
        }
        guard let key = open[top].key else {
            open[top].key = (isUsable ? keyText(node) : nil, node.position)
            return
        }
        open[top].key = nil
        if let text = key.text, isUsable {
            open[top].entries.append(Node.Entry(key: text, keyPosition: key.position, value: node))
        }
    }

    private mutating func keyText(_ node: Node) -> String? {
        guard case .scalar(let text, let isPlain) = node.content else {
            fault(node.position, "a key must be a single word, not \(node.kind)")
            return nil
        }
        if text == "<<", isPlain {
            fault(node.position, "merge keys (<<) are not supported")
            return nil
        }
        if let first = open[open.count - 1].seen[text] {
            fault(node.position, "duplicate key \(Quoted(text)): it stands in line \(first.line) already")
            return nil
        }
        open[open.count - 1].seen[text] = node.position
        return text
    }

    private mutating func refuseDecoration(anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, at position: Position) {
        if anchor != nil { fault(position, "anchors (&) are not supported: put text that begins with & in quotes") }
        if tag != nil { fault(position, "tags (!) are not supported: put text that begins with ! in quotes") }
    }

    // MARK: Syntax

    private mutating func syntaxFault(_ parser: yaml_parser_t, _ bytes: [UInt8]) {
        let problem = parser.problem.map { String(cString: $0) } ?? "a fault that the parser does not name"
        guard parser.error != YAML_READER_ERROR else {
            // The reader knows a byte offset only.
            return fault(Position(offset: Int(clamping: parser.problem_offset), in: bytes), "invalid YAML: \(problem)")
        }
        let position = Position(parser.problem_mark)
        let context = parser.context.map { String(cString: $0) } ?? ""
        let begin = Position(parser.context_mark)
        if context.hasSuffix("an alias") || context.hasSuffix("an anchor") {
            let sign = context.hasSuffix("an alias") ? "*" : "&"
            return fault(begin, "text that begins with \(sign) must stand in quotes")
        }
        if problem.hasPrefix("Maximum nesting level") { return fault(position, Self.tooDeep) }
        if context.hasSuffix("for the next token"), Self.byte(at: position, in: bytes) == UInt8(ascii: "\t") {
            return fault(position, "a tab stands here: YAML is indented with spaces")
        }
        let origin = context.isEmpty ? "" : " " + context + (begin.line < position.line ? " that begins in line \(begin.line)" : "")
        fault(position, "invalid YAML: \(problem)\(origin)")
    }

    /// The first byte of the character at a position; nil past the end.
    private static func byte(at position: Position, in bytes: [UInt8]) -> UInt8? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: position.line, omittingEmptySubsequences: false)
        guard position.line <= lines.count else { return nil }
        return lines[position.line - 1].filter { $0 & 0xc0 != 0x80 }.dropFirst(position.column - 1).first
    }

    private static func aliasText(_ event: yaml_event_t) -> String {
        "*" + (event.data.alias.anchor.map { String(cString: $0) } ?? "")
    }
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    /// Where a byte stands.
    init(offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        // Continuation bytes belong to the scalar before them.
        let column = before[lineStart...].reduce(1) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 }
        self.init(line: line, column: column)
    }
}

/// Finds where bytes stop being UTF-8 (RFC 3629).
enum Utf8Check {
    static func firstFault(in bytes: [UInt8]) -> Position? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return Position(offset: offset, in: bytes)
            }
        }
    }
}
