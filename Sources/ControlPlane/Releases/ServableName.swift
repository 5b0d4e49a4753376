/// Whether a name of a release can be a path below a folder: what a walk of a folder gives, and all that a commit takes.
///
/// A manifest may come from another process, and its names become paths again in an export: `../` there would write
/// anywhere, and no URL reaches a name with a dotted part, since clients take these away (RFC 3986 §5.2.4). A query counts
/// as part of the path here, for a file system knows none.
package enum ServableName {
    /// - Parameter name: the bytes of a name, with its query where it has one.
    package static func holds(_ name: UnsafeRawBufferPointer) -> Bool {
        guard !name.contains(0), String(validating: name, as: UTF8.self) != nil else { return false }
        return name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
    }
}
