import Glibc

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
    /// What `--previous` names is no output of a digest.
    case noOutput(String)
    /// With `errno`.
    case unwritable(String, Int32)

    /// Whether a rule refuses it (exit code 4).
    package var isRefusal: Bool {
        switch self {
        case .foreignOutput: true
        case .findings, .collision, .nested, .noParent, .noOutput, .unwritable: false
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
        case .noOutput(let path): "\(path) holds no digest's output\nName an earlier OUT, or leave --previous out."
        case .unwritable(let path, let code): "cannot write \(path): \(String(cString: strerror(code)))\(Self.advice(code))"
        }
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EBUSY, EXDEV: "\nOUT is replaced as a whole, which a mounted folder cannot be: name a folder inside it."
        case ENOSPC, EDQUOT: "\nWhat was there before is untouched. The old and the new output lie beside each other for a moment."
        case EACCES, EPERM, EROFS: "\nThe folder that holds OUT must be writable, too."
        default: ""
        }
    }
}
