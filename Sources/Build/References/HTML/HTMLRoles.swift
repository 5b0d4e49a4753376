/// Which attributes of HTML name files, and what those files are (HTML §4; obsolete ones that browsers still load: §16).
///
/// Left out: `cite`, `longdesc`, `ping`, `itemid` (nothing is loaded), `srcdoc` (a page in an attribute), event handlers, and
/// `data-` attributes, which mean what a program takes them for.
enum HTMLRoles {
    /// How an attribute's value is to be read.
    enum Kind {
        case url(Reference.Role)
        case sourceSet(Reference.Role)
        case refresh
    }

    /// - Parameters:
    ///   - element: an HTML element's name, in lower case.
    ///   - value: another attribute of the same element, in lower case; empty if it has none.
    static func kind(of attribute: String, on element: String, value: (String) -> String) -> Kind? {
        switch (attribute, element) {
        case ("href", "a"), ("href", "area"): .url(.page)
        case ("href", "link"): link(rel: value("rel"), type: value("type")).map(Kind.url)
        case ("imagesrcset", "link"): .sourceSet(.preload)
        case ("src", "script"): .url(script(type: value("type")))
        case ("src", "img"), ("src", "input"), ("src", "image"): .url(.image)
        case ("srcset", "img"), ("srcset", "source"), ("srcset", "image"): .sourceSet(.image)
        case ("src", "video"), ("src", "audio"), ("src", "source"), ("src", "track"): .url(.media)
        case ("poster", "video"): .url(.image)
        case ("src", "iframe"), ("src", "frame"): .url(.page)
        case ("src", "embed"), ("data", "object"): .url(.other)
        case ("action", "form"), ("formaction", "button"), ("formaction", "input"): .url(.page)
        case ("background", "body"), ("background", "table"), ("background", "tr"), ("background", "td"), ("background", "th"):
            .url(.image)
        case ("content", "meta"): meta(value)
        default: nil
        }
    }

    /// What a link leads to, by the first of its relations that says so; nil: to no file.
    static func link(rel: String, type: String) -> Reference.Role? {
        let relations = rel.split { $0.isWhitespace }.map(String.init)
        if relations.contains("stylesheet") { return .styleSheet }
        for relation in relations {
            switch relation {
            case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon", "fluid-icon",
                "image_src":
                return .image
            case "manifest": return .webManifest
            case "preload", "modulepreload", "prefetch": return .preload
            case "preconnect", "dns-prefetch", "pingback", "expect": return nil
            case "alternate", "feed":
                return type.hasPrefix("application/rss+xml") || type.hasPrefix("application/atom+xml") ? .feed : .other
            case "canonical", "next", "prev", "previous", "first", "last", "start", "index", "contents", "up", "top", "home", "help",
                "author", "license", "copyright", "glossary", "bookmark", "prerender", "chapter", "section", "subsection", "appendix",
                "amphtml", "privacy-policy", "terms-of-service":
                return .page
            default: continue
            }
        }
        return .other
    }

    /// How the text of a script is read: HTML §4.12.1.1, "prepare the script element".
    enum ScriptType {
        case classic, module, importMap
        /// Data: templates, JSON-LD, speculation rules.
        case data
    }

    static func scriptType(_ type: String) -> ScriptType {
        let word = type.split { $0.isWhitespace || $0 == ";" }.first.map(String.init) ?? ""
        switch word {
        case "module": return .module
        case "importmap": return .importMap
        case "", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "application/ecmascript",
            "text/x-javascript", "text/x-ecmascript", "application/x-ecmascript", "text/jscript", "text/livescript":
            return .classic
        default: return word.hasPrefix("text/javascript1.") ? .classic : .data
        }
    }

    private static func script(type: String) -> Reference.Role {
        switch scriptType(type) {
        case .classic: .script
        case .module: .module
        case .importMap: .importMapAddress
        case .data: .other
        }
    }

    private static func meta(_ value: (String) -> String) -> Kind? {
        if value("http-equiv") == "refresh" { return .refresh }
        for word in [value("property"), value("name"), value("itemprop")] where !word.isEmpty {
            switch word {
            case "og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image", "thumbnail",
                "thumbnailurl", "msapplication-tileimage", "msapplication-square70x70logo", "msapplication-square150x150logo",
                "msapplication-wide310x150logo", "msapplication-square310x310logo":
                return .url(.image)
            case "og:video", "og:video:url", "og:video:secure_url", "og:audio", "og:audio:url", "og:audio:secure_url",
                "twitter:player:stream":
                return .url(.media)
            case "og:url", "twitter:url", "twitter:player", "msapplication-starturl": return .url(.page)
            case "msapplication-config": return value("content") == "none" ? nil : .url(.other)
            default: continue
            }
        }
        return nil
    }
}
