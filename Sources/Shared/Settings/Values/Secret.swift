/// A text that no description, dump, log line or fault shows. Who needs it asks for `revealed`.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let mask = "********"

    /// The secret itself: compare it in constant time, do not store it.
    package let revealed: String

    package init(_ text: String) {
        revealed = text
    }

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
