import Glibc
import TestPatience
import TestTLS

/// nginx or HAProxy as they are installed, in a folder of their own, with what they were asked in a log.
final class RealServer {
    enum Kind: String, CaseIterable, CustomStringConvertible {
        case nginx, haproxy

        var program: String { "/usr/sbin/\(rawValue)" }
        static var installed: [Kind] { allCases.filter { access($0.program, X_OK) == 0 } }
        var description: String { rawValue }
    }

    let port: UInt16
    private let root: String
    private let kind: Kind
    private let process: pid_t

    /// How it is reached.
    enum Option {
        /// Over TLS, as `app.test`.
        case secure
        /// Behind a PROXY header: answers with the address in it.
        case proxied
        /// By prior knowledge of HTTP/2.
        case http2
        /// Passes connections on to a port, with a header in front: HAProxy alone.
        case balancing(port: UInt16, words: String)
    }

    init?(_ kind: Kind, _ option: Option? = nil) {
        self.kind = kind
        var template = Array("/tmp/tandem-real-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = Self.freePort()
        Self.write(TestAuthority.server + "\n" + TestAuthority.serverKey + "\n", to: root + "/pem")
        let configuration = kind == .nginx ? Self.nginx(root, port, option) : Self.haproxy(root, port, option)
        Self.write(configuration, to: root + "/conf")
        let arguments =
            kind == .nginx
            ? [kind.program, "-c", root + "/conf", "-e", root + "/err", "-p", root] : [kind.program, "-db", "-f", root + "/conf"]
        process = Self.spawn(arguments, log: root + "/log")
        if eventually({ Self.isListening(port) }) { return }
        end()
        return nil
    }

    /// Request lines, in the order of their coming.
    var requests: [String] {
        guard let file = fopen(root + "/log", "r") else { return [] }
        defer { fclose(file) }
        var lines: [String] = []
        var block = [CChar](repeating: 0, count: 16 * 1024)
        while fgets(&block, Int32(block.count), file) != nil {
            let line = String(decoding: block.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if line.hasPrefix("request ") { lines.append(String(line.dropFirst(8))) }
        }
        return lines
    }

    func end() {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        for name in ["conf", "log", "err", "pid", "pem", "a", "b", "c", "d", "e"] {
            unlink("\(root)/\(name)")
            rmdir("\(root)/\(name)")
        }
        rmdir(root)
    }

    private static func nginx(_ root: String, _ port: UInt16, _ option: Option?) -> String {
        let (words, answer) =
            switch option {
            case nil: ("", "ok")
            case .http2: (" http2", "ok")
            case .secure: (" ssl http2; ssl_certificate \(root)/pem; ssl_certificate_key \(root)/pem", "ok")
            case .proxied: (" proxy_protocol", "$proxy_protocol_addr:$proxy_protocol_port")
            case .balancing: preconditionFailure("nginx does so only with a module")
            }
        return """
            daemon off; master_process off; pid \(root)/pid; error_log \(root)/err;
            events { worker_connections 256; }
            http {
              log_format all 'request $request';
              access_log /dev/stdout all;
              client_body_temp_path \(root)/a; proxy_temp_path \(root)/b; fastcgi_temp_path \(root)/c;
              uwsgi_temp_path \(root)/d; scgi_temp_path \(root)/e;
              ignore_invalid_headers off; underscores_in_headers on;
              server { listen 127.0.0.1:\(port)\(words); location / { return 200 "\(answer)"; } }
            }
            """
    }

    private static func haproxy(_ root: String, _ port: UInt16, _ option: Option?) -> String {
        let words =
            switch option {
            case nil, .balancing: ""
            case .secure: " ssl crt \(root)/pem alpn h2,http/1.1"
            case .http2: " proto h2"
            case .proxied: " accept-proxy"
            }
        let answer = if case .proxied? = option { "lf-string %[src]:%[src_port]" } else { "string ok" }
        if case .balancing(let onward, let balancing) = option {
            return """
                defaults
                  mode tcp
                  timeout client 10s
                  timeout server 10s
                  timeout connect 2s
                listen all
                  bind 127.0.0.1:\(port)
                  server one 127.0.0.1:\(onward) \(balancing)

                """
        }
        return """
            global
              log stdout format raw local0
            defaults
              mode http
              timeout client 10s
              timeout server 10s
              timeout connect 2s
            frontend all
              bind 127.0.0.1:\(port)\(words)
              option accept-invalid-http-request
              log global
              log-format "request %r"
              http-request return status 200 content-type text/plain \(answer)

            """
    }

    static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    static func spawn(_ arguments: [String], log: String) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var child = pid_t()
        posix_spawn(&child, arguments[0], &actions, nil, &argv, environ)
        return child
    }

    private static func socketAddress(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return address
    }

    static func isListening(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = socketAddress(port)
        return withUnsafeBytes(of: &address) {
            connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }

    static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = socketAddress(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeBytes(of: &address) {
            bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
