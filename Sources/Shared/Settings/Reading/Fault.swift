/// A place in the configuration file. Lines and columns count from 1; columns count Unicode scalars, as editors do.
package struct Position: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    static let start = Position(line: 1, column: 1)

    package static func < (a: Position, b: Position) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// One thing that is wrong with a configuration file, and where. A message quotes what was written, never what an
/// environment variable held, and never a secret.
package struct Fault: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    /// What is wrong, and what to do where that is not obvious. No full stop.
    package var message: String

    package init(file: String, at position: Position, _ message: String) {
        self.file = file
        line = position.line
        column = position.column
        self.message = message
    }

    package var position: Position { Position(line: line, column: column) }

    /// `tandem.yaml:3:5: error: unknown key "host", did you mean "hosts"?`
    package var description: String { "\(file):\(line):\(column): error: \(message)" }
}

/// Everything that is wrong with a configuration file, in the order of the file. Never empty.
package struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    package let faults: [Fault]

    /// - Precondition: `faults` is not empty.
    package init(_ faults: [Fault]) {
        precondition(!faults.isEmpty)
        // Two checks may meet at one place: the order they ran in decides between them, so that the output never changes.
        let order = faults.enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
        self.faults = order.map(\.element)
    }

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
