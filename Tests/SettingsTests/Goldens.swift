import Glibc
import Settings
import Testing

/// What the tests put in place of the environment.
let environment = [
    "TANDEM_CI_TOKEN": "0123456789abcdef-ci", "SPACED": "hunter2 and more", "LINES": "a\nb", "PORT": "8088", "HOST": "env.example",
    "POSTGRES": "postgresql://tandem:hunter2@db.internal/tandem",
]

/// A file of cases: `=== title`, the input, `>>>`, what is expected.
struct Goldens {
    struct Case {
        var title: String
        var input: String
        var expected: String
    }

    let path: String
    var cases: [Case] = []

    init(_ name: String, beside file: String = #filePath) throws {
        path = file[...(file.lastIndex(of: "/") ?? file.startIndex)] + "Goldens/" + name
        for block in try readText(path).split(separator: "=== ", omittingEmptySubsequences: true) {
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
            let middle = try #require(lines.firstIndex(of: ">>>"), "no >>> in \(lines[0])")
            // Each line of the input is ended; what is expected stands before the empty line that the last break leaves.
            cases.append(
                Case(
                    title: String(lines[0]), input: lines[1..<middle].map { $0 + "\n" }.joined(),
                    expected: lines[(middle + 1)...].joined(separator: "\n")))
        }
    }

    /// Writes the file anew: the difference is for review.
    func write() throws {
        try writeText(cases.map { "=== \($0.title)\n\($0.input)>>>\n\($0.expected)" }.joined(), path)
    }
}

/// Whether a variable asks to write what tests compare with.
func isAsked(_ variable: String) -> Bool { getenv(variable) != nil }

struct FileFailure: Error {
    var path: String
}

func readText(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw FileFailure(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}

func writeText(_ text: String, _ path: String) throws {
    guard let file = fopen(path, "w") else { throw FileFailure(path: path) }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw FileFailure(path: path) }
}

/// The faults of a text, one a line; empty if it is a configuration.
func faults(_ yaml: String, file: String = "tandem.yaml") -> String {
    do throws(ConfigurationFaults) {
        _ = try Configuration.load(yaml: yaml, file: file, environment: environment)
        return ""
    } catch {
        return error.description + "\n"
    }
}
