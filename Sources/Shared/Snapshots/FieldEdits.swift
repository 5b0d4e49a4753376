/// What a route does to the fields of a message on its way.
package struct FieldEdits: Sendable, Hashable {
    /// Names in lower case that drop out: those that are removed, and those that are set anew.
    package var removed: [[UInt8]] = []
    /// What names begin with that drop out, in lower case.
    package var removedPrefixes: [[UInt8]] = []
    /// Whole lines that are added.
    package var lines: [UInt8] = []

    package init() {}

    package var removesNone: Bool { removed.isEmpty && removedPrefixes.isEmpty }

    package func removes(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
        if removed.contains(where: { name.elementsEqual($0, by: { lower($0) == $1 }) }) { return true }
        return removedPrefixes.contains { name.count >= $0.count && name.prefix($0.count).elementsEqual($0, by: { lower($0) == $1 }) }
    }
}
