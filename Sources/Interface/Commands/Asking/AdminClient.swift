import AdminAPI
import AsyncHTTPClient
import Foundation
import Glibc
import Model
import NIOCore
import NIOHTTP1

/// Asks a running server over its admin socket.
struct AdminClient: Sendable {
    let socketPath: String
    /// How long an answer may take.
    var patience = Duration.seconds(600)

    /// A server that has gone is told at once: the default would try to connect again until the request's own time is over.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Whether a server answers on the socket. A file without a server behind it is what a killed one leaves.
    static func isAnswering(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// - Throws: the server's `Problem`, or one that says why it could not be asked.
    func ask<Operation: AdminOperation>(_ operation: Operation) async throws -> Operation.Answer {
        guard let url = URL(httpURLWithSocketPath: socketPath, uri: Self.escaped(operation.path)) else {
            throw Problem.failed("\(socketPath) cannot be the path of an admin socket")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .RAW(value: Operation.method.rawValue)
        if Operation.method != .get {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(operation)))
        }
        let status: Int
        let data: Data
        do {
            let response = try await Self.client.execute(request, timeout: .nanoseconds(patience.wholeMilliseconds * 1_000_000))
            data = Data(try await response.body.collect(upTo: 256 << 20).readableBytesView)
            status = Int(response.status.code)
        } catch {
            throw Problem.failed("the server on \(socketPath) did not answer: \(error)\nSee its log; `tandem status` asks whether it runs.")
        }
        if status == 200 { return try JSONDecoder().decode(Operation.Answer.self, from: data) }
        if let problem = try? JSONDecoder().decode(Problem.self, from: data) { throw problem }
        throw Problem.failed("the server answered \(status): \(String(decoding: data.prefix(200), as: UTF8.self))")
    }

    private static func escaped(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    }
}
