import References
import Testing

@Suite struct JavaScriptReaderTests {
    private static func read(_ text: String) -> Reading {
        let bytes = [UInt8](text.utf8)
        return JavaScriptReader.read(bytes, in: 0..<bytes.count)
    }

    private static func expectMarks(_ source: String, role: Reference.Role, _ location: SourceLocation = #_sourceLocation) {
        let marked = MarkedText(source, role: role)
        let reading = JavaScriptReader.read(marked.bytes, in: 0..<marked.bytes.count)
        #expect(MarkedText.marks(of: reading) == marked.marks, sourceLocation: location)
    }

    @Test(arguments: [
        "import '«a»'", "import\"«a»\";", "import a from '«b»'", "import * as a from'«b»'", "import {a, b as c} from \"«d»\"",
        "import{a}from'«b»';import{c}from'«d»'", "import a, {b} from '«c»'", "import a, * as b from '«c»'", "import {} from '«a»'",
        "import {'a-b' as c, default as d, if as e,} from '«f»'", "import from from '«a»'", "import as, {as as from} from '«a»'",
        "import {from} from '«a»'", "import\n{\na\n}\nfrom\n'«b»'\n", "import/*'x'*/a/**/from//\n'«b»'",
        "import defer * as a from '«b»'", "import source a from '«b»'", "import source from '«a»'", "import defer from '«a»'",
        "import a from '«b»' with {type: 'json'}", "import '«a»' with {type:'css',};import '«b»' assert {type:'json'}",
        "export * from '«a»'", "export * as a from '«b»'", "export * as 'a b' from '«c»'", "export {a} from '«b»'",
        "export {a as default, 'b' as 'c'} from '«d»';export{e}from'«f»'", "export {a};export {b}\n'x'",
        "export const from = 'x';export default 'y';export function from2(){'z'}", "export default from;'x'",
        "a()\nimport '«b»'", "import a from '«b»'\n/'import(\"c\")'/.test(d)", "import '«a»' with {}\n/'/;import '«b»'",
        "export {a}\n/'/.test(b);import '«c»'", "export default {a: 1} / b / import('«dynamicModule:c»')",
        "import.meta.resolve('«a»')", "import . meta . resolve ( `«a»` )", "import.meta.resolve?.('«a»')", "import.meta.resolve(a)",
        "import.meta.resolved('a')", "import.meta.url;import.meta.env.A", "#!/usr/bin/env node 'x\nimport '«a»'",
        "\u{FEFF}import '«a»'", "\u{FEFF}#!x'\nimport '«a»'", "import a from `b`", "import {a {b} from 'c'",
        "import {a} form 'b'", "import a from b", "import", "import {", "import a from '", "export", "export *", "export {a} from '",
        "\u{A0}import\u{2003}a\u{3000}from\u{FEFF}'«b»'\u{2028}import '«c»'", "import ü, {日本} from '«b»'",
        "importa from 'b';$import('c');imp\\u006frt('d');ìmport('e')",
    ])
    func findsDeclarations(_ source: String) {
        Self.expectMarks(source, role: .module)
    }

    @Test(arguments: [
        "import('«a»')", "import ( \"«a»\" )", "import(`«a»`)", "import(/* webpackChunkName: \"x\" */ '«a»' /* y */)",
        "import('«a»', {with: {type: 'json'}})", "import('«a»',)", "await import('«a»');b=()=>import('«b»').then(c=>c)",
        "import.defer('«a»');import.source('«b»')", "import('a'+b);import(`a${b}`);import(c);import(c?'d':'e')",
        "a.import('b');a?.import('c');this.#import('d');a\n.import('b')",
        "a = {import(b){}, async import(){}, get import(){}, import: 'c'}",
        "class A { import(b){} static import(){} #import(){} 'import'(){} import = 'x' }", "x = {import}; x = {a, import: ('b')}",
        "'import(\"a\")';\"import('a')\";`import('a')`;/import('a')/;/*import('a')*///import('a')", "/[/]import('a')/;import('«b»')",
        "`a${import('«b»')}c${`d${{e:import('«f»')}.e}g`}h${'}'}`;import('«i»')", "`\\`${1}\\${import('a')}`;import('«b»')",
        "`$${'a'}$`;`{`;`${`}`}`;import('«b»')", "a`b${c}d`;import('«e»')", "__vitePreload(()=>import('«./a.js»'),__vite__mapDeps([0,1]))",
        "const m=['assets/a.js'],d=m.map(i=>'b.js')", "import('a)", "import('a'", "import('a\n')\nimport('«b»')",
        "import('a\\\nb\n);import('«c»')",
        "import('a\\\nb')", "import('a\\\r\nb')", "import('a\u{2028}b')", "import(`a\nb`)", "import(('a'))",
    ])
    func findsDynamicImports(_ source: String) {
        Self.expectMarks(source, role: .dynamicModule)
    }

    @Test(arguments: [
        "new URL('«a.png»', import.meta.url)", "new URL(`«a.png»`,import.meta.url,)", "new URL('«a»',import.meta.url).href+''",
        "new Worker(new URL('«w.js»', import.meta.url), {type:'module'})", "new Worker(''+new URL('«w.js»',import.meta.url).href)",
        "new window.URL('«a»', import . meta . url)", "new URL('a', import.meta.urls);new URL('b', document.baseURI);new URL('c')",
        "new URL('a'+b, import.meta.url);new URL(`a${b}`, import.meta.url)", "URL('a', import.meta.url)",
        "new URL('a', import.meta.url + b)", "new URLs('a', import.meta.url);a.new.URL('b', import.meta.url)",
        "await context.audioWorklet.addModule('«worker:a.js»', {credentials:'omit'})", "CSS.paintWorklet?.addModule(`«worker:p.js»`)",
        "self.audioWorklet.addModule('«worker:a.js»');window.CSS.paintWorklet.addModule('«worker:b.js»')",
        "const {audioWorklet}=c;audioWorklet.addModule(\"«worker:a»\")", "c.audioWorklet.addModule(new URL('«a.js»',import.meta.url))",
        "({audioWorklet:{addModule:'a'}});x.audioWorklet.addModule(a+'b');addModule('c');x.audioWorklet/2/1;audioWorklet.other('d')",
        "new Worker('«worker:a.js»');new SharedWorker(\"«worker:b.js»\", 'n')", "new self.Worker('«worker:a»')", "new Worker(a);new Worker",
        "new Worker('a'+b)", "new Worker(`«worker:a»`,{type:'module'})", "new My.Worker('a');newWorker('b');{new:Worker('c')}",
        "navigator.serviceWorker.register('«serviceWorker:/sw.js»')",
        "navigator.serviceWorker?.register?.('«serviceWorker:a»',{scope:'/'})",
        "window.navigator.serviceWorker.register(`«serviceWorker:a»`)",
        "if('serviceWorker'in navigator)navigator\n.serviceWorker\n.register('«serviceWorker:a»')",
        "navigator.serviceWorker.register(a);navigator.serviceWorker.getRegistration('b');a.navigator.serviceWorker.register('b')",
        "importScripts('«importedScript:a»',\"«importedScript:b»\")", "importScripts('«importedScript:a»',b,'c')", "importScripts(a,'b')",
        "self.importScripts('«importedScript:a»',)", "importScripts();a.importScripts('b');b.self.importScripts('c')",
        "importScripts('a'+b)",
        "importScripts(`«importedScript:a»`);{importScripts(a){}}",
    ])
    func findsAssetsAndWorkers(_ source: String) {
        Self.expectMarks(source, role: .moduleAsset)
    }

    @Test(arguments: [
        "a\n//# sourceMappingURL=«a.js.map»", "a//@ sourceMappingURL=«a.js.map»\r\n", "//# sourceMappingURL=a\n//# sourceMappingURL=«b»\nc",
        "/*# sourceMappingURL=«a» */", "'//# sourceMappingURL=a'", "`//# sourceMappingURL=a`", "///# sourceMappingURL=a",
        "// # sourceMappingURL=a",
        "//# sourceMappingURL=a b", "//# sourceMappingURL=", "//#sourceMappingURL=«a»",
        "//# sourceMappingURL=«data:application/json;base64,e30=»",
        "//# sourceURL=a", "eval('a\\n//# sourceMappingURL=b')", "import(/*# sourceMappingURL=«x» */'«dynamicModule:a»')",
    ])
    func findsTheLastSourceMapComment(_ source: String) {
        Self.expectMarks(source, role: .sourceMap)
    }

    /// After each there is a regular expression that looks like an import; were it a division, its content would be one.
    @Test(arguments: [
        "", ";", "{}", "if (a)", "if (a) b; else", "while (a)", "for (;;)", "for (a of", "for (const {a} of", "for await (a of b)",
        "with (a)",
        "do", "do a; while (b)", "do {} while (b)", "a =", "a +", "a\n++\n", "!", "~", "(", "[", "f(a,", "a ?", "a ? b :",
        "a ? b : c ? d :",
        "a: ", "switch (a) { case", "switch (a) { case b:", "switch (a) { default:", "switch (a) { case b ? c : d:", "{ a: ", "x = { a:",
        "x = { a: b ? c : d, e:", "x = { [", "return", "return\n", "throw", "typeof", "void", "delete", "a in", "a instanceof", "new",
        "await",
        "yield", "function a() {}", "async function a() {}", "function* a() {}", "class A {}", "class A extends B {}",
        "class A extends (B) {}",
        "class A extends class {} {}", "class A extends function() {} {}", "export default function () {}", "export default class {}",
        "export default", "export function a() {}", "export {a}", "a\nfunction b() {}", "x = a => {}\n", "a =>", "() => {}\n",
        "async () => {}\n",
        "`${", "`a${b}c${", "`${{}}`;", "if (a) {} else {}", "try {} catch {}", "try {} catch (a) {} finally {}", "switch (a) {}",
        "class A { a =", "class A { static {", "class A { static { a } b =", "class A { if() {} [", "class A { a = 1\nif() {} b =",
        "class A { get() {} static async *b() {} c =", "class A { a = {}\nb =", "class A { a = () => {}\nif() {} b =",
        "class A { x = function() {}\nfor() {} y =",
        "x = {if() {}, get for() {}, async while() {}, *with() {}, return: 1, class: 2, function: 3, a:",
        "x = {get, set, static: 1, async: 2, a:",
        "const {class: a, b =", "let {a} =", "({a, b = {}}) =>", "a.b = function (c = {}) { return c }\n;", "a; /* b */", "a; // b\n",
        "...",
        "a &&", "a ||", "a ??", "a ?.5 :", "a **", "a >>>", "a !==", "a <=", "@b(c) class A {}", "break\n", "continue\n", "debugger\n",
        "label: for (;;) { break label\n}", "(function() {});", "import.meta;", "a = b\n{}", "foo()\n{}",
        "a\u{2028}if (b)", "function a() { if (b) {} else {", "if (function() {}) ", "if (a) function b() {}", "var a, b =",
        "for (var a = 1, b =",
        "a?.b ? c :", "x = a ? {b: 1} : {c:", "x = a ? () => {} : ", "-->a\n",
    ])
    func aSlashHereStartsARegularExpression(_ before: String) {
        let reading = Self.read(before + " /import('no')/")
        #expect(reading.references.isEmpty)
        #expect(!reading.faults.contains { $0.message.contains("regular expression") })
        // A quote in it starts no string, so that the text after it is read.
        #expect(Self.read(before + " /'/;x=import('yes')").references.map(\.target) == ["yes"])
    }

    /// After each there is a division; were it the start of a regular expression, it would hide an import.
    @Test(arguments: [
        "a", "1", "1.", ".5", "0x1F", "1_000n", "1e+5", "1..b", "'a'", "`a`", "`a${b}`", "/a/", "/a/g", "/[/]/", "/\\//", "a.if",
        "a?.while",
        "a.if(b)", "a?.for(b)", "this.#if", "this.#if(a)", "this", "super", "null", "true", "a++", "a--", "a[0]", "f(a)", "(a)", "[]",
        "x = {}",
        "({})", "x = {a: 1}", "x = function () {}", "x = async function () {}", "x = function* a() {}", "(function () {})", "x = class {}",
        "x = class A extends B {}", "x = class extends class {} {}", "!function () {}()", "f({})", "[{}]", "x = [{}][0]", "a ? b : {}",
        "return {}", "return function () {}", "import.meta", "import.meta.url", "new.target", "new A", "new A()", "new class {}",
        "a.return",
        "a.typeof", "x = {if: 1}", "x = {a() {}}", "x = {get a() { return 1 }}", "async", "of", "of()", "get", "static", "from", "as",
        "for (of of of) of", "if (a) b", "if (a) b()", "if (a) (b)", "if (a) [b]", "while (a) b.c", "x = y => z", "x = {}.a", "`${{}}`",
        "`${`${a}`}`", "a\n", "a /* b */", "a // b\n", "f(function () {})", "f(() => {})", "f(a => a)", "x = `a${{b: {}}.b}c`", "\\u0061",
        "ü",
        "a\u{200D}b", "typeof a", "void 0", "yield a", "await a", "a ?? b", "a ?.5 : b", "case0", "a.class", "x = {class: 1}", "let1", "$",
        "_",
        "a = {b: c => {}}", "a = {b: function () {}}", "x = a\n++b", "(a, b)", "(a)(b)", "a`b`", "x = {['a']: 1}", "x = {...a}", "#a in b",
    ])
    func aSlashHereDivides(_ before: String) {
        #expect(Self.read(before + " / import('yes') / b").references.map(\.target) == ["yes"])
        #expect(Self.read(before + " /= import('yes') / b").references.map(\.target) == ["yes"])
    }

    @Test(arguments: [
        ("<!-- import('a')\nimport('b')\n--> import('c')", ["b"]),
        ("--> import('a')\nimport('b')", ["b"]),
        ("/* a */ --> import('b')", []),
        ("a --> import('b')", ["b"]),
        ("a\n/*\n*/ --> import('b')", []),
        // In a module they are operators.
        ("a <!--b, import('c')\nexport {a}", ["c"]),
        ("a\n--> import('c')\nexport {a}", ["c"]),
        ("a <!-- b; import('c')\nimport 'd'", ["c", "d"]),
        ("a <!-- b; import('c')\nimport.meta", ["c"]),
    ])
    func pageCommentsAreCommentsInScriptsOnly(_ source: String, targets: [String]) {
        #expect(Self.read(source).references.map(\.target) == targets)
    }

    @Test(arguments: [
        ("'a\\x2fb\\u002Fc\\u{2f}d\\/e\\'f'", "a/b/c/d/e'f"), ("'\\u{1F600}\\uD83D\\uDE00\\ud83d'", "😀😀\u{FFFD}"),
        ("'\\a\\b\\t\\n\\v\\f\\r\\0\\61\\477'", "a\u{8}\t\n\u{B}\u{C}\r\u{0}1'7"),
        ("`a\\`b\\${c}`", "a`b${c}"), ("'é\\é'", "éé"), ("'\\u{110000}\\u{z}\\xg'", "\u{FFFD}\u{FFFD}}\u{FFFD}g"),
    ])
    func undoesEscapes(_ literal: String, target: String) {
        #expect(Self.read("import(\(literal))").references.map(\.target) == [target])
    }

    @Test func saysHowAURLMustBeWritten() {
        let outer = Reference.Notation.htmlAttribute(quote: nil)
        let bytes = [UInt8]("import('a');import(\"b\");import(`c`)//# sourceMappingURL=d".utf8)
        let reading = JavaScriptReader.read(bytes, in: 0..<bytes.count, notation: [outer])
        let quotes = "'\"`".utf8.map { Reference.Notation.javaScriptString(quote: $0) }
        #expect(reading.references.map(\.notation) == (quotes + [.comment]).map { [$0, outer] })
    }

    @Test func readsOnlyItsRangeAndCountsFromTheStartOfTheFile() {
        let bytes = [UInt8]("<script>import('a')</script>".utf8)
        let reading = JavaScriptReader.read(bytes, in: 8..<19)
        #expect(reading.references.map(\.span) == [16..<17])
        #expect(reading.faults.isEmpty)
        #expect(JavaScriptReader.read(bytes, in: 8..<17).references.isEmpty)
    }

    @Test(arguments: [
        ("a = 'b\nimport('c')", 4, "string is not closed"), ("import('c');'", 12, "string is not closed"),
        ("import('c');`a", 12, "template literal is not closed"), ("import('c');`a${b}c", 18, "template literal is not closed"),
        ("import('c')/* a", 11, "comment is not closed"), ("import('c');/a", 12, "regular expression is not closed"),
        ("/[/]\nimport('c')", 0, "regular expression is not closed"), ("import('c'))", 11, "closing bracket without its opening one"),
        ("}import('c')", 0, "closing bracket without its opening one"), ("{import('c')", 12, "script ends before all brackets are closed"),
    ])
    func saysWhatIsWrongAndReadsOn(_ source: String, offset: Int, message: String) {
        let reading = Self.read(source)
        #expect(reading.references.map(\.target) == ["c"])
        #expect(reading.faults == [.init(offset: offset, message: message)])
    }

    @Test func bytesThatAreNoUTF8StayOutsideAndInsideSpans() {
        let bytes: [UInt8] = Array("'".utf8) + [0xE9] + Array("';import('".utf8) + [0xE9, 0xFF] + Array("')".utf8)
        let reading = JavaScriptReader.read(bytes, in: 0..<bytes.count)
        #expect(reading.references.map(\.span) == [12..<14])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "(", "{", "[", "`${", "/[", "/", "import{", "import ", "import(", "export*", "new window.", "self.", "navigator.",
            "importScripts(",
            "`", "'\n", "/*", "\\", "class extends ", "a?", "function(", "x={a:", "import{a,", "import/**/", "\u{2028}", "<!--", "#",
            "importScripts('a',",
        ])
    func deepOrBrokenInputIsReadInLinearTime(_ unit: String) {
        let bytes = [UInt8](String(repeating: unit, count: 100_000).utf8)
        #expect(JavaScriptReader.read(bytes, in: 0..<bytes.count).faults.count <= 22)
    }
}
