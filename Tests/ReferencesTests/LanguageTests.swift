import References
import Testing

@Suite struct LanguageTests {
    @Test(arguments: [
        ("a/INDEX.HTML", "", Language.html), ("a.css", "", .css), ("a.mjs", "", .javaScript), ("a.js.map", "", .sourceMap),
        ("a.svg", "", .svg),
        ("site.webmanifest", "", .webManifest), ("manifest.json", "{\"icons\":[]}", .webManifest), ("importmap.json", "{}", .importMap),
        ("a.xml", "<?xml version='1.0'?><!-- x --><rss/>", .feed), ("a.xml", "<feed/>", .feed), ("a.xml", "<x:urlset>", .sitemap),
        ("a.xml", "<rdf:RDF/>", .feed), ("a.xml", "<svg/>", .svg),
    ])
    func isKnownByNameAndContents(_ path: String, _ contents: String, _ language: Language) {
        #expect(Language(path: path, contents: Array(contents.utf8)) == language)
        #expect(Language.isPossible(at: path))
    }

    @Test(arguments: [
        ("a.txt", "<svg/>"), ("manifest.json", "{\"index.html\":{\"file\":\"a.js\"}}"), ("a.json", "{\"icons\":[]}"), ("a.xml", "<x/>"),
        ("a.xml", ""),
        ("a.d/b", ""), ("html", ""),
    ])
    func whatRefersToNothingHasNone(_ path: String, _ contents: String) {
        #expect(Language(path: path, contents: Array(contents.utf8)) == nil)
    }

    @Test(arguments: Language.allCases)
    func everyLanguageHasAReader(_ language: Language) {
        #expect(Reading(of: [], as: language).references.isEmpty)
    }
}
