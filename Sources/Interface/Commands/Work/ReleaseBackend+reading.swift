import AdminAPI
import Model
import Settings

extension ReleaseBackend {
    /// What `publish --backend NAME=URL` says.
    /// - Throws: a problem of usage: no such backend, or no such URL.
    static func read(_ options: [String], of site: SiteName, in configuration: Configuration) throws -> [ReleaseBackend] {
        let known = configuration.site(site)?.backends.map(\.name) ?? []
        return try options.map { option in
            guard let mark = option.firstIndex(of: "="), mark != option.startIndex else {
                throw Problem.usage("--backend takes NAME=URL, as in app=http://10.0.0.5:9000")
            }
            let backend = ReleaseBackend(name: String(option[..<mark]), url: String(option[option.index(after: mark)...]))
            guard known.contains(backend.name) else {
                let names = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
                throw Problem.usage(
                    "site \(site) has no backend \(backend.name): \(names). A route's `proxy` names it, a release brings its servers.")
            }
            if let fault = Configuration.UpstreamURL.fault(of: backend.url) { throw Problem.usage("--backend \(option): \(fault)") }
            return backend
        }
    }
}
