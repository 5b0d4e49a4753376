/// The operator's regular expressions (`fingerprints:` of a site): names that match one are *declared* fingerprinted.
///
/// A pattern is searched in the path with its leading slash, and in `path?query` where there is a query; `^` and `$` bind it.
/// Swift's `Regex` is not `Sendable`, so what is passed about is the text, proven to compile; each thread compiles its own
/// `matcher()` once.
package struct DeclaredPatterns: Hashable, Sendable {
    package let texts: [String]

    package static let none = DeclaredPatterns(proven: [])

    private init(proven texts: [String]) {
        self.texts = texts
    }

    /// - Parameter texts: regular expressions in Swift's syntax, which holds that of PCRE but for rare constructs.
    /// - Throws: for the first that does not compile.
    package init(_ texts: [String]) throws(DeclaredPatternFault) {
        for (index, text) in texts.enumerated() {
            guard !text.isEmpty else {
                throw DeclaredPatternFault(index: index, pattern: text, reason: "it is empty and would match every name")
            }
            do {
                _ = try Regex(text)
            } catch {
                throw DeclaredPatternFault(index: index, pattern: text, reason: "\(error)")
            }
        }
        self.texts = texts
    }

    package var isEmpty: Bool { texts.isEmpty }

    /// Compiles the patterns for one thread.
    package func matcher() -> Matcher {
        // Each compiled in `init`, so none is lost here.
        Matcher(patterns: texts.compactMap { try? Regex($0) })
    }

    /// Compiled patterns; belongs to the thread that made it.
    package struct Matcher {
        fileprivate let patterns: [Regex<AnyRegexOutput>]

        package var isEmpty: Bool { patterns.isEmpty }

        /// - Parameter name: the path, with or without its leading slash, with `?query` where one belongs to it.
        package func matches(_ name: String) -> Bool {
            guard !patterns.isEmpty else { return false }
            let subject = name.utf8.first == UInt8(ascii: "/") ? name : "/" + name
            return patterns.contains { ((try? $0.firstMatch(in: subject)) ?? nil) != nil }
        }
    }
}

/// A regular expression that cannot be used.
package struct DeclaredPatternFault: Error, Hashable, CustomStringConvertible {
    /// Its place in the list, from 0.
    package var index: Int
    package var pattern: String
    package var reason: String

    package var description: String { "the pattern \(pattern) is no regular expression: \(reason)" }
}
