import References

@testable import Fingerprinting

/// A language of its own for tests of what is not about languages: a line `@role target` is a reference, `@base folder` the base,
/// `@sri role target` has an empty `integrity` behind it (`target integrity=…`).
enum TestReader {
    static let reader = ReferenceReader(
        mayRefer: { language(of: $0) != nil },
        read: { name, bytes in language(of: name).map { ($0, read(bytes, $0)) } })

    static func language(of name: String) -> Language? {
        switch TreePath.fileExtension(of: name) {
        case "html": .html
        case "css": .css
        case "js", "mjs": .javaScript
        case "svg": .svg
        case "map": .sourceMap
        case "webmanifest": .webManifest
        default: nil
        }
    }

    static func read(_ bytes: [UInt8], _ language: Language) -> Reading {
        var reading = Reading()
        var start = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            defer { start += line.count + 1 }
            guard line.first == UInt8(ascii: "@") else { continue }
            let words = line.dropFirst().split(separator: 0x20)
            guard let word = words.first, let target = words.dropFirst().first else { continue }
            let span = (target.startIndex)..<(target.endIndex)
            let text = String(decoding: target, as: UTF8.self)
            let name = String(decoding: word, as: UTF8.self)
            if name == "base" {
                reading.base = text
                continue
            }
            guard let role = Reference.Role(rawValue: name) else { continue }
            var integrity: Reference.IntegritySlot?
            if let third = words.dropFirst(2).first {
                if third.starts(with: "integrity=".utf8) {
                    integrity = .value((third.startIndex + 10)..<third.endIndex)
                } else if third.elementsEqual("sri".utf8) {
                    integrity = .absent(insertAt: target.endIndex)
                }
            }
            let isScript = language == .javaScript
            reading.references.append(
                Reference(
                    span: span, target: text, role: role, notation: isScript ? [.javaScriptString(quote: UInt8(ascii: "\""))] : [.comment],
                    integrity: integrity))
        }
        return reading
    }
}
