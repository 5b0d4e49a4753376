/// A value of the configuration file as it was written, with its position.
///
/// Nothing is resolved: `off`, `012` and `~` are words here, and what they mean is for the key they stand at to say.
struct Node {
    enum Content {
        /// `isPlain` when written without quotes.
        case scalar(String, isPlain: Bool)
        case list([Node])
        case map([Entry])
    }

    struct Entry {
        var key: String
        var keyPosition: Position
        var value: Node
    }

    var content: Content
    var position: Position

    /// Nothing stands there: `sites:` and the end of the line.
    var isEmpty: Bool {
        if case .scalar("", isPlain: true) = content { return true }
        return false
    }

    /// For a message about a wrong type.
    var kind: String {
        switch content {
        case .scalar: isEmpty ? "nothing" : "a single value"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}
