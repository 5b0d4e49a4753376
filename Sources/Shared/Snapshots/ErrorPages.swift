/// What stands in for the plain words of an error: by status, or by its class.
package struct ErrorPages: Sendable {
    package enum Page: Sendable {
        /// A name in the release.
        case release(String)
        /// Read when the configuration was.
        case fixed(type: String, body: [UInt8])
    }

    private var pages: [UInt16: Page] = [:]

    package init() {}

    package var isEmpty: Bool { pages.isEmpty }

    /// - Parameter status: or its class: 4 or 5.
    package mutating func set(_ page: Page, for status: UInt16) { pages[status] = page }

    /// The status's own page, then that of its class: the next is tried where a release lacks the first.
    package func candidates(for status: UInt16) -> [Page] {
        pages.isEmpty ? [] : [pages[status], pages[status / 100]].compactMap { $0 }
    }
}
