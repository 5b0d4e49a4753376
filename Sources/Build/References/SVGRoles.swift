/// What SVG refers to, in a file of its own and inside a page (SVG 2 §5, §9, §15).
enum SVGRoles {
    /// What the `href` of an element names.
    /// - Parameter element: its name in lower case, without a prefix.
    static func href(on element: String, type: String) -> Reference.Role {
        switch element {
        case "a": .page
        case "image", "feimage", "use", "cursor", "img": .image
        case "script": type == "module" ? .module : .script
        case "link": .styleSheet
        case "font-face-uri": .font
        default: .other
        }
    }

    /// Whether an attribute is a property of style sheets that may hold `url(…)` (SVG 2 §6.6).
    static func isPresentation(_ attribute: String) -> Bool {
        switch attribute {
        case "fill", "stroke", "filter", "mask", "clip-path", "cursor", "marker", "marker-start", "marker-mid", "marker-end": true
        default: false
        }
    }
}
