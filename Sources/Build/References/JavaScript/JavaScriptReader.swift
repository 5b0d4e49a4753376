// What a script says of files, as far as the language itself says it:
//
//     import a from "x"   import "x"   export {a} from "x"   export * from "x"     module
//     import.meta.resolve("x")                                                     module
//     import("x")   import("x", {with: …})   import.defer("x")                     dynamicModule
//     new URL("x", import.meta.url)                                                moduleAsset
//     new Worker("x")   new SharedWorker("x", …)                                   worker
//     ….audioWorklet.addModule("x"), CSS.paintWorklet.addModule("x")               worker
//     navigator.serviceWorker.register("x", …)                                     serviceWorker
//     importScripts("x", "y")                                                      importedScript
//     //# sourceMappingURL=x, the last of its kind                                 sourceMap
//
// `"x"` is a string, or where an expression stands a template literal without substitutions. Specifiers are given whether they
// are URLs or bare. What a program puts together while it runs (a bundler's table of its parts among it) is not reported, nor
// what stands in comments, regular expressions and all other strings.

/// Finds what a script refers to, classic or module. Linear in the length; the depth of nesting costs memory, not stack.
package enum JavaScriptReader {
    /// Reads a script: a file, a `script` element, or the value of an `on…` attribute.
    ///
    /// - Parameters:
    ///   - bytes: the whole file; spans and faults are offsets into it.
    ///   - range: where the script stands in it.
    ///   - outer: how text must be written to stand where the script stands.
    /// - Returns: every reference, of this site or not; the caller decides which to follow.
    package static func read(_ bytes: [UInt8], in range: Range<Int>, notation outer: [Reference.Notation] = []) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: range) else {
            return Reading(faults: [.init(offset: 0, message: "script is in UTF-16; only encodings that hold ASCII can be read")])
        }
        let text = ByteOrderMark.end(bytes, in: range)..<range.upperBound
        var scan = JavaScriptScan(bytes, in: text, hasPageComments: true, outer: outer)
        scan.run()
        // Whether `<!--` starts a comment depends on what is known only at the end: whether the script is a module.
        if scan.isModule, scan.sawPageComment {
            scan = JavaScriptScan(bytes, in: text, hasPageComments: false, outer: outer)
            scan.run()
        }
        return scan.reading
    }
}
