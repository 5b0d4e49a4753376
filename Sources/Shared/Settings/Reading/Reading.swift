/// What a file is read with, and what was found wrong on the way. One for each file.
struct Reading {
    /// Its name, as given.
    let file: String
    /// Where relative paths begin: the folder of the configuration file, with a final slash; empty for the working directory.
    let folder: String
    let environment: [String: String]
    /// Parts of the file were left out because they could not be read: what is missing then is no fault of its own.
    let isPartial: Bool
    private(set) var faults: [(position: Position, message: String)] = []
    private var claims: [Claim: Position] = [:]
    private var addresses: [(address: Configuration.Address, position: Position)] = []

    /// A scalar with its variables filled in. Messages quote what was written: what a variable holds may be a secret.
    struct Text {
        var written: String
        var expanded: String
        var position: Position

        var quoted: Quoted { Quoted(written) }
    }

    /// What only one key in a file may say.
    enum Claim: Hashable {
        case host(Configuration.HostPattern)
        case token(String)
    }

    /// The longest scalar, after variables are filled in.
    static let maximumTextCount = 8192

    init(file: String, environment: [String: String], isPartial: Bool) {
        self.isPartial = isPartial
        self.file = file
        folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        self.environment = environment
    }

    mutating func fault(_ position: Position, _ message: String) {
        faults.append((position, message))
    }

    mutating func fault(_ text: Text, _ message: String) {
        fault(text.position, message)
    }

    mutating func wrongType(_ node: Node, expected: String) {
        let hint = node.isEmpty ? ": remove the key or give it a value" : ""
        fault(node.position, "expected \(expected), found \(node.kind)\(hint)")
    }

    /// The text of a scalar; nil, with a fault, for anything else.
    /// - Parameters:
    ///   - most: bytes of it.
    ///   - hasLines: whether it may have several.
    mutating func text(
        _ node: Node, expected: String, most: Int = Reading.maximumTextCount, hasLines: Bool = false
    ) -> Text? {
        guard case .scalar(let written, _) = node.content, !node.isEmpty else {
            wrongType(node, expected: expected)
            return nil
        }
        let expanded: String
        do throws(Interpolation.Failure) {
            expanded = try Interpolation.expand(written, environment)
        } catch {
            switch error {
            case .unset(let name): fault(node.position, "the environment variable \(name) is not set")
            case .malformed: fault(node.position, "a variable is written ${NAME}; for the characters themselves write $${")
            }
            return nil
        }
        guard expanded.utf8.count <= most else {
            fault(node.position, "longer than \(most) bytes")
            return nil
        }
        let isSound = expanded.utf8.allSatisfy { byte in
            (byte >= 0x20 && byte != 0x7f) || (hasLines && (byte == 0x0a || byte == 0x0d || byte == 0x09))
        }
        guard isSound else {
            fault(node.position, "holds a control character" + (hasLines ? "" : " or a line break"))
            return nil
        }
        return Text(written: written, expanded: expanded, position: node.position)
    }

    /// The text of a scalar, where finding none is no fault.
    func expanded(_ node: Node) -> String? {
        guard case .scalar(let written, _) = node.content, !node.isEmpty else { return nil }
        return try? Interpolation.expand(written, environment)
    }

    /// Refuses what was claimed before.
    /// - Returns: where it was, if it was.
    mutating func claim(_ claim: Claim, at position: Position) -> Position? {
        if let first = claims[claim] { return first }
        claims[claim] = position
        return nil
    }

    /// Two sockets cannot have one address, nor one of the addresses that a wildcard covers.
    mutating func bind(_ address: Configuration.Address, at position: Position) {
        if let other = addresses.first(where: { $0.address.conflicts(with: address) }) {
            let same = other.address == address
            fault(
                position,
                same
                    ? "\(address) is listened at in line \(other.position.line) already"
                    : "\(address) cannot be bound beside \(other.address) in line \(other.position.line): one covers the other")
        } else {
            addresses.append((address, position))
        }
    }
}
