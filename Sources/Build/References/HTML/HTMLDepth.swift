// The parser's cost grows with the depth of the tree: 15,000 elements in each other take 5 s, 100,000 would take minutes. Browsers
// put elements beyond a depth of 512 beside each other instead. So the depth is bounded before parsing, by a scan that knows
// tags and little more and never counts less than the parser would build:
//
//     an end tag closes the innermost element of its name, unless an element stands between that an end tag does not
//     reach through; so `<b><div></b>` leaves the div open, as in the parser
//     what closes itself (`li`, `td`, …) nests only inside other elements, and is not counted
//     open formatting elements are built again in each block that they were not closed in: the sum of such copies is
//     bounded too

/// A bound for the depth of a page.
enum HTMLDepth {
    /// How many elements may be open in each other; what browsers build.
    static let limit = 512
    /// How many copies of formatting elements a page may lead to.
    private static let copyLimit = 4_000_000

    /// Where a page goes beyond the limits; nil: it does not.
    static func excess(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { scan($0) }
    }

    private struct Open {
        var name: UInt64
        var traits: Traits
        /// The same for elements that are written the same.
        var likeness: UInt64
    }

    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var tags = HTMLTagScanner(bytes)
        var open: [Open] = []
        var formatting = 0
        var copies = 0
        var foreign = 0
        while let tag = tags.next() {
            let element = Open(name: tag.name, traits: traits[tag.name] ?? [], likeness: tags.likeness(of: tag))
            if tag.isEnd {
                close(element, in: &open, formatting: &formatting, foreign: &foreign)
                continue
            }
            if foreign == 0, element.traits.contains(.text), tag.name == script || !open.contains(where: { $0.name == select }) {
                tags.skipText(of: tag)
                continue
            }
            // A link ends the one before, a paragraph too (HTML §13.2.6.4.7): pages are full of those that nobody closed.
            if tag.name == anchor || tag.name == paragraph { close(element, in: &open, formatting: &formatting, foreign: &foreign) }
            copies += formatting
            let isForeign = element.traits.contains(.foreign)
            let closesItself = !element.traits.isDisjoint(with: [.void, .closesItself])
            if !closesItself, !(tag.isSelfClosing && (foreign > 0 || isForeign)) {
                if element.traits.contains(.formatting) { formatting += 1 }
                if isForeign { foreign += 1 }
                open.append(element)
            }
            if open.count > limit || copies > copyLimit { return tag.offset }
        }
        return nil
    }

    private static func close(_ element: Open, in open: inout [Open], formatting: inout Int, foreign: inout Int) {
        let isOrdinary = element.traits.isDisjoint(with: [.formatting, .special, .barrier])
        var index = open.count - 1
        while index >= 0, open[index].name != element.name {
            if element.name == paragraph, open[index].name == button { return }
            if open[index].traits.contains(.barrier) || (isOrdinary && open[index].traits.contains(.special)) { return }
            index -= 1
        }
        guard index >= 0 else { return }
        if element.traits.contains(.formatting) {
            open.remove(at: index)
            formatting -= 1
            return
        }
        // Formatting elements inside what is closed stay in the parser's list and are built again.
        let left = open[(index + 1)...].filter { $0.traits.contains(.formatting) }
        formatting -= left.count
        foreign -= open[index...].count { $0.traits.contains(.foreign) }
        open.removeSubrange(index...)
        // Of those that are alike no more than three (HTML §13.2.4.3).
        for element in left where open.count(where: { $0.likeness == element.likeness }) < 3 {
            open.append(element)
            formatting += 1
        }
    }

    // MARK: Names

    /// What an element does to the depth.
    private struct Traits: OptionSet {
        let rawValue: UInt8
        static let void = Traits(rawValue: 1)
        static let closesItself = Traits(rawValue: 2)
        static let formatting = Traits(rawValue: 4)
        /// An end tag of an ordinary element does not reach through it.
        static let special = Traits(rawValue: 8)
        /// No end tag but its own reaches through it.
        static let barrier = Traits(rawValue: 16)
        /// Holds text and no tags, at least outside foreign elements.
        static let text = Traits(rawValue: 32)
        static let foreign = Traits(rawValue: 64)
    }

    private static let anchor = HTMLTagScanner.key("a")
    private static let paragraph = HTMLTagScanner.key("p")
    private static let button = HTMLTagScanner.key("button")
    private static let select = HTMLTagScanner.key("select")
    private static let script = HTMLTagScanner.key("script")

    private static let traits: [UInt64: Traits] = {
        let words: [(Traits, String)] = [
            (.void, "area base basefont bgsound br col embed hr img image input keygen link meta param source track wbr"),
            (.closesItself, "html head body li dt dd tr td th thead tbody tfoot colgroup option optgroup rp rt rb rtc frameset frame"),
            (.formatting, "a b big code em font i nobr s small strike strong tt u"),
            (.barrier, "applet caption table marquee object template svg math"),
            (
                .special,
                """
                address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 \
                h4 h5 h6 header hgroup listing main menu nav noscript ol p pre search section select summary ul
                """
            ),
            (.text, "script style textarea title xmp iframe noembed noframes plaintext"),
            (.foreign, "svg math"),
        ]
        var traits: [UInt64: Traits] = [:]
        for (trait, names) in words {
            for name in names.split(separator: " ") { traits[HTMLTagScanner.key(name.utf8), default: []].insert(trait) }
        }
        return traits
    }()
}
