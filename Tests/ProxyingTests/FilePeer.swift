import Glibc
import TestPatience
import TestTLS
import Testing

/// Servers of other makes with a folder of files, as they are installed: over TLS, over HTTP/2, or both.
final class FilePeer {
    enum Kind: String, CaseIterable {
        case nginx, h2o, nghttpd, openssl

        var program: String? { ["/usr/sbin", "/usr/bin"].map { "\($0)/\(rawValue)" }.first { access($0, X_OK) == 0 } }
    }

    enum Way: CaseIterable { case secure, secureHTTP2, http2 }

    /// A peer by one way; those that a machine has.
    struct Meeting: Sendable, CustomTestStringConvertible {
        let kind: Kind
        let way: Way
        var testDescription: String { "\(kind.rawValue), \(way)" }

        static let installed = all.filter { $0.kind.program != nil }
        /// Said by a test that is skipped for them.
        static let missing = Set(all.filter { $0.kind.program == nil }.map(\.kind.rawValue)).sorted()

        private static let all: [Meeting] = [
            .init(kind: .nginx, way: .secure), .init(kind: .nginx, way: .secureHTTP2), .init(kind: .nginx, way: .http2),
            .init(kind: .h2o, way: .secure), .init(kind: .h2o, way: .secureHTTP2), .init(kind: .h2o, way: .http2),
            .init(kind: .nghttpd, way: .secureHTTP2), .init(kind: .nghttpd, way: .http2), .init(kind: .openssl, way: .secure),
        ]
    }

    /// What `/large` is: more than any window.
    static let large = String(repeating: "0123456789abcdef", count: 200_000)

    let port: UInt16
    private let meeting: Meeting
    private let root: String
    private let arguments: [String]
    private var process: pid_t?

    init?(_ meeting: Meeting) {
        guard let program = meeting.kind.program else { return nil }
        var template = Array("/tmp/tandem-peer-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // nginx gives its rights away where it has any.
        chmod(root, 0o755)
        port = RealServer.freePort()
        self.meeting = meeting
        mkdir(root + "/www", 0o755)
        RealServer.write("ok", to: root + "/www/small")
        RealServer.write(Self.large, to: root + "/www/large")
        RealServer.write(TestAuthority.server + "\n" + TestAuthority.serverKey + "\n", to: root + "/pem")
        switch meeting.kind {
        case .nginx:
            RealServer.write(Self.nginx(root, port, meeting.way), to: root + "/conf")
            arguments = [program, "-c", root + "/conf", "-e", root + "/err", "-p", root]
        case .h2o:
            RealServer.write(Self.h2o(root, port, meeting.way), to: root + "/conf")
            arguments = [program, "-m", "worker", "-c", root + "/conf"]
        case .nghttpd:
            let files = meeting.way == .http2 ? ["--no-tls", "\(port)"] : ["\(port)", root + "/pem", root + "/pem"]
            arguments = [program, "-a", "127.0.0.1", "-d", root + "/www", "--echo-upload"] + files
        case .openssl:
            // It serves the folder that it runs in.
            let pem = root + "/pem"
            let command = "exec \(program) s_server -quiet -WWW -accept 127.0.0.1:\(port) -cert \(pem) -key \(pem)"
            arguments = ["/bin/sh", "-c", "cd \(root)/www && \(command)"]
        }
        guard start() else {
            end()
            return nil
        }
    }

    func start() -> Bool {
        process = RealServer.spawn(arguments, log: root + "/log")
        return eventually { RealServer.isListening(port) }
    }

    func stop() {
        guard let process else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        self.process = nil
    }

    func end() {
        stop()
        for name in ["conf", "log", "err", "pid", "pem", "a", "b", "c", "d", "e", "www/small", "www/large", "www"] {
            unlink("\(root)/\(name)")
            rmdir("\(root)/\(name)")
        }
        rmdir(root)
    }

    /// Trailers stand behind its answers: `add_trailer`.
    private static func nginx(_ root: String, _ port: UInt16, _ way: Way) -> String {
        let certificate = "; ssl_certificate \(root)/pem; ssl_certificate_key \(root)/pem"
        let words =
            switch way {
            case .secure: " ssl" + certificate
            case .secureHTTP2: " ssl http2" + certificate
            case .http2: " http2"
            }
        return """
            daemon off; master_process off; pid \(root)/pid; error_log \(root)/err;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path \(root)/a; proxy_temp_path \(root)/b; fastcgi_temp_path \(root)/c;
              uwsgi_temp_path \(root)/d; scgi_temp_path \(root)/e;
              server { listen 127.0.0.1:\(port)\(words); root \(root)/www; add_trailer x-end reached; }
            }
            """
    }

    private static func h2o(_ root: String, _ port: UInt16, _ way: Way) -> String {
        let ssl = way == .http2 ? "" : "\n  ssl:\n    certificate-file: \(root)/pem\n    key-file: \(root)/pem"
        return """
            num-threads: 1
            http2-reprioritize-blocking-assets: OFF
            listen:
              host: 127.0.0.1
              port: \(port)\(ssl)
            hosts:
              default:
                paths:
                  /:
                    file.dir: \(root)/www

            """
    }
}
