/// Why there is no output. Whatever was there before is untouched.
package enum DigestFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// References lead nowhere; the findings say which.
    case findings(errors: Int)
    /// Two files with different contents would have one name.
    case collision(name: String, files: [String])
    /// The output is a folder of somebody else's.
    case foreignOutput(String)
    /// One of the two folders holds the other.
    case nested(String, String)
    case noParent(String)

    /// Whether a rule refuses it (exit code 4).
    package var isRefusal: Bool {
        switch self {
        case .foreignOutput: true
        case .findings, .collision, .nested, .noParent: false
        }
    }

    package var description: String {
        switch self {
        case .findings(let count):
            "\(count == 1 ? "a reference leads" : "\(count) references lead") nowhere: nothing was written\nMend them, or carry on with --missing=warn."
        case .collision(let name, let files):
            "\(files.joined(separator: " and ")) would both be \(name)\nUse a name format with [name], or more digits of the digest."
        case .foreignOutput(let path):
            "\(path) is not empty and holds no digest's output: it is not overwritten\nName another folder, or empty this one."
        case .nested(let input, let output): "\(input) and \(output) hold each other\nWrite to a folder beside the build."
        case .noParent(let path): "there is no folder to make \(path) in"
        }
    }
}
