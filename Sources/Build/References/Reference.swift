// A build is a web of names: pages name scripts, scripts name scripts, styles name pictures. Whoever renames a file must
// change every place that names it and not one byte more. So a reader of a language gives *spans* in the original bytes,
// never a new text; edits are made by span, and all other bytes stay as they were, whatever their encoding.
//
// What is left out: names that a program puts together while it runs. A reader reports only what the language itself
// says is a reference.

/// One place in a file that names another file.
package struct Reference: Sendable, Hashable {
    /// The bytes of the URL as written, without quotes or parentheses: offsets from the start of the file.
    package var span: Range<Int>
    /// The URL with the escapes of the language undone, as it would be handed to a URL parser.
    package var target: String
    package var role: Role
    /// How a URL must be written to stand in `span`: the innermost notation first (a style sheet's string inside an
    /// HTML attribute is `[.cssString(quote), .htmlAttribute(quote)]`).
    package var notation: [Notation]
    /// Where the element that holds this reference says, or could say, the digest of what it names (SRI).
    package var integrity: IntegritySlot?

    package init(
        span: Range<Int>, target: String, role: Role, notation: [Notation], integrity: IntegritySlot? = nil
    ) {
        self.span = span
        self.target = target
        self.role = role
        self.notation = notation
        self.integrity = integrity
    }

    /// What the named file is to the one that names it.
    package enum Role: String, Sendable, Hashable, CaseIterable {
        /// `a`, `iframe`, `form`, feeds' links: another document.
        case page
        case image
        case media
        case font
        case styleSheet
        /// A classic script of a page.
        case script
        /// A module of a page, or a static `import`/`export … from` of a module.
        case module
        /// `import("…")` with a literal specifier.
        case dynamicModule
        /// `new URL("…", import.meta.url)`: whatever it is, it is beside the module.
        case moduleAsset
        /// `new Worker("…")`, `new SharedWorker("…")`, `….audioWorklet.addModule("…")`: relative to the page, not to the script.
        case worker
        /// `navigator.serviceWorker.register("…")`: relative to the page; never renamed.
        case serviceWorker
        /// `importScripts("…")`: relative to the worker's own address.
        case importedScript
        case sourceMap
        /// What a source map or a web manifest says of its own place (`file`, `id`, `start_url`, `scope`).
        case selfName
        case webManifest
        /// An address in an import map.
        case importMapAddress
        /// A key of an import map that is itself a URL (starts with `/`, `./` or `../`).
        case importMapKey
        /// `link rel=preload|prefetch|modulepreload`; the element's `as` is not needed to rename it.
        case preload
        case feed
        /// Anything else that is certainly a URL of a file (`object data`, `link rel=alternate`, …).
        case other
    }

    /// A way to write a URL into its surroundings.
    package enum Notation: Sendable, Hashable {
        /// Between quotes, or without (`nil`); `&` and the quote are written as character references.
        case htmlAttribute(quote: UInt8?)
        /// One candidate of `srcset` or `imagesrcset`: white space and commas would end it.
        case sourceSet
        /// `content="5; url=…"` of a refresh.
        case refresh
        case cssString(quote: UInt8)
        /// `url(…)` without quotes.
        case cssURL
        /// `'`, `"`, or a template literal without substitutions (`` ` ``).
        case javaScriptString(quote: UInt8)
        case json
        case xmlAttribute(quote: UInt8)
        case xmlText
        /// Up to the next white space: `sourceMappingURL=…` in a comment.
        case comment
    }

    /// Where `integrity` stands, or would stand.
    package enum IntegritySlot: Sendable, Hashable {
        /// The value, without quotes.
        case value(Range<Int>)
        /// No such attribute yet; ` integrity="…"` can be put at this offset.
        case absent(insertAt: Int)
    }
}

/// What a reader found in one file.
package struct Reading: Sendable, Equatable {
    /// In the order of their spans, which do not overlap.
    package var references: [Reference] = []
    /// The file's own idea of where its relative URLs start: HTML's first `base href`.
    package var base: String?
    /// What the reader could not understand; what it did understand is in `references` all the same.
    package var faults: [Fault] = []

    package init(references: [Reference] = [], base: String? = nil, faults: [Fault] = []) {
        self.references = references
        self.base = base
        self.faults = faults
    }

    package struct Fault: Sendable, Equatable {
        /// Offset from the start of the file.
        package var offset: Int
        /// What is wrong, one sentence without a full stop: "string is not closed".
        package var message: String

        package init(offset: Int, message: String) {
            self.offset = offset
            self.message = message
        }
    }
}

/// A language that can refer to files, each with a reader of its own.
package enum Language: String, Sendable, CaseIterable {
    case html, css, javaScript, importMap, webManifest, sourceMap, svg, feed, sitemap
}
