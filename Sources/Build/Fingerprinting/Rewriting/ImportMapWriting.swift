import Files
import References

/// Import maps that lead modules to their new names (HTML §8.1.5.2).
///
/// The modules keep the names that their source gives each other, so a changed leaf renames itself alone and the page that
/// holds the map. Addresses are relative to the page, as the build may be served from any folder.
struct ImportMapWriting: Sendable {
    let tree: BuildTree
    let prefix: AddressPrefix

    /// Puts the entries where they come before the first module of the page: into its own map, or into a new one.
    /// - Parameter modules: what the page's modules reach through the map.
    func insert(
        _ modules: [Int], into analysis: FileAnalysis, bytes: [UInt8], final: (Int) -> FinalFile?, to rewriting: inout Rewriting
    ) {
        let entries = modules.compactMap { index in final(index).flatMap { entry(tree.files[index].name, $0, from: analysis.folder) } }
        if entries.isEmpty { return }
        let text = entries.joined(separator: ",")
        if let first = analysis.importMapOffset, let place = Self.place(in: bytes, near: first) {
            switch place {
            case .inImports(let offset, let isEmpty): rewriting.insert(Array((text + (isEmpty ? "" : ",")).utf8), at: offset)
            case .inMap(let offset, let isEmpty):
                rewriting.insert(Array("\"imports\":{\(text)}\(isEmpty ? "" : ",")".utf8), at: offset)
            }
            return
        }
        guard let module = analysis.links.filter(Self.startsModules).map(\.span.lowerBound).min(),
            let offset = Self.elementStart(in: bytes, before: module)
        else { return }
        rewriting.insert(Array("<script type=\"importmap\">{\"imports\":{\(text)}}</script>".utf8), at: offset)
    }

    static func startsModules(_ link: Link) -> Bool { [.module, .dynamicModule, .preload].contains(link.role) }

    private func entry(_ name: String, _ final: FinalFile, from folder: String?) -> String? {
        let query = final.query.map { "?" + $0 } ?? ""
        if name == final.name, query.isEmpty { return nil }
        let (key, address) = (address(name, from: folder), address(final.name, from: folder) + query)
        return "\(JSONWriter.quoted(key)):\(JSONWriter.quoted(address))"
    }

    private func address(_ name: String, from folder: String?) -> String {
        let escaped = PathEscape.make(name, isRaw: false)
        if !prefix.isNone { return prefix.text + escaped }
        guard let folder else { return "/" + escaped }
        let up = String(repeating: "../", count: folder.utf8.count { $0 == UInt8(ascii: "/") })
        return (up.isEmpty ? "./" : up) + escaped
    }

    // MARK: Places in the page

    enum Place: Hashable {
        /// Behind the brace of `imports`.
        case inImports(Int, isEmpty: Bool)
        /// Behind the brace of a map that has no `imports`.
        case inMap(Int, isEmpty: Bool)
    }

    /// The element that an attribute or text belongs to, if it is a script or a link.
    static func elementStart(in bytes: [UInt8], before offset: Int) -> Int? {
        var at = min(offset, bytes.count) - 1
        while at >= 0 {
            if bytes[at] == UInt8(ascii: "<"), starts(bytes, at + 1, "script") || starts(bytes, at + 1, "link") { return at }
            at -= 1
        }
        return nil
    }

    private static func starts(_ bytes: [UInt8], _ at: Int, _ word: StaticString) -> Bool {
        guard at + word.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<word.utf8CodeUnitCount).allSatisfy { bytes[at + $0] | 0x20 == word.utf8Start[$0] }
    }

    /// - Parameter offset: somewhere in the text of the page's import map.
    static func place(in bytes: [UInt8], near offset: Int) -> Place? {
        guard let element = elementStart(in: bytes, before: offset), let close = bytes[element...].firstIndex(of: UInt8(ascii: ">")),
            let open = bytes[close...].firstIndex(of: UInt8(ascii: "{"))
        else { return nil }
        var depth = 1
        var at = open + 1
        var isImports = false
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                let start = at + 1
                at = start
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
                guard at < bytes.count else { return nil }
                if depth == 1 { isImports = bytes[start..<at].elementsEqual("imports".utf8) }
            case UInt8(ascii: "{"):
                if depth == 1, isImports { return .inImports(at + 1, isEmpty: isEmpty(bytes, at + 1)) }
                depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return .inMap(open + 1, isEmpty: isEmpty(bytes, open + 1)) }
            case UInt8(ascii: "<"): return .inMap(open + 1, isEmpty: isEmpty(bytes, open + 1))
            default: break
            }
            at += 1
        }
        return nil
    }

    private static func isEmpty(_ bytes: [UInt8], _ start: Int) -> Bool {
        bytes[start...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "}")
    }
}
