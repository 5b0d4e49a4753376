import Names
import Testing

@Suite struct LogicalNameTests {
    private func logical(_ name: String, isFingerprinted: Bool = true) -> String? {
        Array(name.utf8).withUnsafeBytes { LogicalName($0, isFingerprinted: isFingerprinted) }
            .map { $0.before + ($0.after.map { "*" + $0 } ?? "") }
    }

    @Test(arguments: [
        ("static/js/index.CIiu7Ygf.js", "static/js/index.*.js"), ("js/app-0123456789abcdef.js", "js/app-*.js"),
        ("js/core_65b61c1a9d3a4b5c.js", "js/core_*.js"), ("js/core.js?65b61c1a9d3a4b5c65b61c1a9d3a4b5c", "js/core.js"),
        ("app.js", "app.js"),
    ])
    func theFingerprintIsLeftOpen(name: String, expected: String) {
        #expect(logical(name) == expected)
    }

    @Test func aNameThatMeansNoContentStaysWhole() {
        #expect(logical("static/js/index.CIiu7Ygf.js", isFingerprinted: false) == "static/js/index.CIiu7Ygf.js")
    }

    @Test func aNameThatIsNothingButAFingerprintIsCalledNothing() {
        #expect(logical("js/1cb1c39ea642f26a4dfe.js") == nil)
    }

    @Test func whatAPageAsksForHasARole() {
        func role(_ name: String) -> DictionaryRole? { Array(name.utf8).withUnsafeBytes { DictionaryRole($0) } }
        #expect(role("a/b.js") == .script)
        #expect(role("b.mjs?65b61c1a") == .script)
        #expect(role("b.css") == .style)
        #expect(role("b.wasm") == .webAssembly)
        for name in ["b.html", "js", "b.js.map", "a.js/b", "b.json", ""] { #expect(role(name) == nil, "\(name)") }
    }
}
