extension Language {
    /// Whether a file of this name may be text that refers to others: what is not need not be read.
    package static func isPossible(at path: String) -> Bool {
        switch fileExtension(of: path) {
        case "xml", "json": true
        default: named(path) != nil
        }
    }

    /// The language of a file, by its name and, for XML and JSON, which hold many, by what it says.
    ///
    /// - Parameters:
    ///   - path: the file's name, with or without folders.
    ///   - contents: all of the file.
    /// - Returns: nil if it refers to nothing as far as Tandem knows.
    package init?(path: String, contents: [UInt8]) {
        if let language = Self.named(path) {
            self = language
            return
        }
        switch Self.fileExtension(of: path) {
        case "xml":
            guard let language = Self.ofRoot(contents) else { return nil }
            self = language
        case "json":
            guard let language = Self.ofMembers(contents, name: Self.fileName(of: path)) else { return nil }
            self = language
        default: return nil
        }
    }

    private static func named(_ path: String) -> Language? {
        switch fileExtension(of: path) {
        case "html", "htm", "xhtml": .html
        case "css": .css
        case "js", "mjs", "cjs": .javaScript
        case "importmap": .importMap
        case "webmanifest": .webManifest
        case "map": .sourceMap
        case "svg": .svg
        case "rss", "atom": .feed
        default: nil
        }
    }

    /// By the first element: XML says nothing else.
    private static func ofRoot(_ bytes: [UInt8]) -> Language? {
        var scan = XMLScan(bytes)
        while let token = scan.next() {
            guard case .start(let name, _, _) = token else { continue }
            switch scan.name(name).local {
            case "rss", "feed", "RDF": return .feed
            case "urlset", "sitemapindex": return .sitemap
            case "svg": return .svg
            default: return nil
            }
        }
        return nil
    }

    /// Bundlers call their tables `manifest.json` too: a web manifest has icons, or says where and how an application starts.
    private static func ofMembers(_ bytes: [UInt8], name: String) -> Language? {
        let isManifest = name == "manifest.json" || name == "site.json" || name.hasSuffix("manifest.json")
        let isImportMap = name.hasSuffix("importmap.json") || name.hasSuffix("import-map.json")
        guard isManifest || isImportMap else { return nil }
        if isImportMap { return .importMap }
        var members: Set<String> = []
        var cursor = JSONCursor(bytes, in: 0..<bytes.count)
        cursor.members { name, _ in members.insert(name.value) }
        return members.isDisjoint(with: ["icons", "start_url", "display", "short_name", "theme_color"]) ? nil : .webManifest
    }

    private static func fileName(of path: String) -> String {
        String(path.split(separator: "/").last ?? "").lowercased()
    }

    private static func fileExtension(of path: String) -> String {
        let name = fileName(of: path)
        return name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
    }
}

extension Reading {
    /// Reads a file with the reader of its language.
    package init(of bytes: [UInt8], as language: Language) {
        let whole = 0..<bytes.count
        self =
            switch language {
            case .html: HTMLReader.read(bytes)
            case .css: CSSReader.read(bytes, in: whole)
            case .javaScript: JavaScriptReader.read(bytes, in: whole)
            case .importMap: ImportMapReader.read(bytes)
            case .webManifest: WebManifestReader.read(bytes)
            case .sourceMap: SourceMapReader.read(bytes)
            case .svg: SVGReader.read(bytes)
            case .feed: FeedReader.read(bytes)
            case .sitemap: SitemapReader.read(bytes)
            }
    }
}
