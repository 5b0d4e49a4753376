import Foundation
import Testing

/// What a page will fetch, told in its head: from the build to the wire.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct PreloadTests {
    /// A page as bundlers write it, and a module that only its module names.
    private func build(on bench: Bench) throws -> String {
        try bench.write(
            "b/index.html", "<!doctype html><link rel=stylesheet href=/app.css><script type=module crossorigin src=/app.js></script>")
        try bench.write("b/about/index.html", "<script src=../old.js></script><script src=https://cdn.example/x.js></script>")
        try bench.write("b/app.js", "import './deep.js'\n")
        try bench.write("b/deep.js", "export default 1\n")
        for name in ["app.css", "old.js"] { try bench.write("b/\(name)", name) }
        return "\(bench.root)/b"
    }

    @Test func aPublishedPageNamesWhatItWillFetch() throws {
        let bench = try Bench(site: ["documents: {preload: links}"])
        let server = try bench.serve()
        defer { server.stop() }
        try bench.done("publish", try build(on: bench), "--activate")
        let client = try Client(port: server.port)
        #expect(try client.get("/").fields["link"] == "</app.css>; rel=preload; as=style, </app.js>; rel=modulepreload; crossorigin")
        #expect(try client.get("/about/").fields["link"] == "</old.js>; rel=preload; as=script")
        #expect(try client.get("/app.js").fields["link"] == nil)
        let explained = try bench.run("explain", "http://shop.test/")
        #expect(explained.out.contains("Link: </app.css>"), "\(explained.out)\(explained.error)")
    }

    @Test func aDigestKnowsMoreAndAnEarlyHeadGoesOutOverHTTP2() throws {
        let bench = try Bench(site: ["documents: {preload: early_hints}"])
        let server = try bench.serve()
        defer { server.stop() }
        try bench.done("publish", try build(on: bench), "--fingerprint", "--activate")
        let peer = try Peer(port: server.port, isSecure: false)
        peer.greet()
        peer.send(Wire.get(1))
        peer.read { $0.stream == 1 && $0.endsStream }
        #expect(peer.frames.filter { $0.kind == .headers && $0.stream == 1 }.map(\.status) == [103, 200])
        // Nobody asked in words that only browsers have.
        let link = try Client(port: server.port).get("/").fields["link"] ?? ""
        #expect(link.contains(/<\/deep-[0-9a-f]+\.js>; rel=modulepreload/), "\(link)")
        #expect(link.contains(/<\/app-[0-9a-f]+\.css>; rel=preload; as=style/), "\(link)")
        // What it names is there.
        for address in link.matches(of: /<([^>]+)>/) { #expect(try Client(port: server.port).get(String(address.1)).status == 200) }
    }

    @Test func withoutBeingAskedNothingIsSaid() throws {
        let bench = try Bench()
        let server = try bench.serve()
        defer { server.stop() }
        try bench.done("publish", try build(on: bench), "--activate")
        #expect(try Client(port: server.port).get("/").fields["link"] == nil)
    }
}
