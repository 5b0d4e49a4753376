/// A server that says one word to everybody, and who keeps it may keep it.
struct Word {
    let bench: Bench
    let server: Server

    init(_ text: String) throws {
        bench = try Bench(site: ["routes: [{path: /*, respond: {body: \(text), cache_control: \"public, max-age=600\"}}]"])
        server = try bench.serve()
    }

    var url: String { "http://127.0.0.1:\(server.port)" }
}
