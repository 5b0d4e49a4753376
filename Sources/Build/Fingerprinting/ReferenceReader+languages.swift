import References

extension ReferenceReader {
    /// The languages that Tandem reads.
    package static let languages = ReferenceReader(
        mayRefer: { language(of: $0) != nil },
        read: { name, bytes in
            switch language(of: name) {
            case .css?: (.css, CSSReader.read(bytes, in: 0..<bytes.count))
            case .javaScript?: (.javaScript, JavaScriptReader.read(bytes, in: 0..<bytes.count))
            default: nil
            }
        })

    private static func language(of name: String) -> Language? {
        switch TreePath.fileExtension(of: name) {
        case "css": .css
        case "js", "mjs", "cjs": .javaScript
        default: nil
        }
    }
}
